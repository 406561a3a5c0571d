// Runs Azurite's table, queue and blob services. It says which ports they have, which Azurite itself does not where it was to choose
// them, and it ends when its standard input does: when it is told to, or when the process that started it is gone.
//
// Arguments: the ports of blobs, tables and queues, 0 for any; then what all services are told.
const http = require('node:http');

const services = ['blob', 'table', 'queue'];
const [node, script, ...words] = process.argv;
const wanted = words.splice(0, services.length);
const ports = [];

const createServer = http.createServer;
http.createServer = (...args) => {
  const server = createServer(...args);
  return server.on('listening', () => {
    ports.push(server.address().port);
    startNext();
  });
};
// What it does where somebody presses Ctrl+C: it finishes what it does and writes its files.
process.stdin.resume().on('end', () => process.emit('SIGINT') || process.exit(1));
startNext();

// One after the other, so that it is known whose port is whose; each refuses the other's options.
function startNext() {
  const service = services[ports.length];
  if (!service)
    return console.log(`Listening on ${ports.join(' ')}`);
  process.argv = [node, script, `--${service}Host`, '127.0.0.1', `--${service}Port`, wanted[ports.length], ...words];
  require(`azurite/dist/src/${service}/main.js`);
}
