// Runs Azurite's table service. It says which port it has, which Azurite itself does not where it was to choose one, and it
// ends when its standard input does: when it is told to, or when whoever started it is gone.
const http = require('node:http');

const createServer = http.createServer;
http.createServer = (...args) => {
  const server = createServer(...args);
  return server.on('listening', () => console.log(`Listening on ${server.address().port}`));
};
// What it does where somebody presses Ctrl+C: it finishes what it does and writes its files.
process.stdin.resume().on('end', () => process.emit('SIGINT') || process.exit(1));

require('azurite/dist/src/table/main.js');
