// Runs Azurite's table service. It says which port it has, which Azurite itself does not where it was to choose one, and it
// ends with whoever started it, however that ends: standard input closes.
const http = require('node:http');

const createServer = http.createServer;
http.createServer = (...args) => {
  const server = createServer(...args);
  return server.on('listening', () => console.log(`Listening on ${server.address().port}`));
};
process.stdin.resume().on('end', () => process.exit(1));

require('azurite/dist/src/table/main.js');
