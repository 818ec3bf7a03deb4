// Asks Perfetto's trace processor (WebAssembly, with its JavaScript host) about a trace.
//
// usage: node perfetto-query.js DIRECTORY TRACE < queries.json
//
// DIRECTORY holds engine_bundle.js and trace_processor.wasm. Standard input is an object of SQL
// texts by name, standard output an object of result rows by name.
//
// The bundle is written for a web worker: it is given a message port over which both sides send
// streams of TraceProcessorRpc messages (Perfetto, protos/perfetto/trace_processor).
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

// TraceProcessorRpc and its parts: field numbers.
const STREAM_MESSAGE = 1;
const RPC = {sequence: 1, request: 2, fatal: 5, append: 101, sql: 103, appended: 201, rows: 203};
const REQUEST = {append: 1, finish: 2, query: 3, status: 10};
const CELL = {invalid: 0, nothing: 1, integer: 2, real: 3, text: 4, blob: 5};

// --- Protobuf -------------------------------------------------------------------------------

function varint(value) {
  const bytes = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const integerField = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
const bytesField = (field, bytes) =>
  Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  get done() { return this.at >= this.bytes.length; }
  varint() {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (this.done) return null;
      const byte = this.bytes[this.at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  take(count) {
    const piece = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return piece;
  }
  // The fields of a message as [number, value] pairs.
  *fields() {
    while (!this.done) {
      const tag = Number(this.varint());
      const kind = tag & 7;
      if (kind === 0) yield [tag >> 3, this.varint()];
      else if (kind === 1) yield [tag >> 3, this.take(8)];
      else if (kind === 2) yield [tag >> 3, this.take(Number(this.varint()))];
      else if (kind === 5) yield [tag >> 3, this.take(4)];
      else throw new Error(`wire type ${kind}`);
    }
  }
}

function packed(bytes) {
  const values = [];
  const reader = new Reader(bytes);
  while (!reader.done) values.push(Number(BigInt.asIntN(64, reader.varint())));
  return values;
}

// --- The worker's world ---------------------------------------------------------------------

function startWorker(directory, port) {
  const load = (url) => fs.readFileSync(path.join(directory, path.basename(String(url))));
  const quiet = () => {};
  const world = {
    console: {log: quiet, info: quiet, warn: quiet, error: quiet, debug: quiet},
    location: {href: 'http://localhost/', protocol: 'http:', host: 'localhost'},
    WorkerGlobalScope: class {},
    importScripts: quiet,
    ErrorEvent: class {},
    PromiseRejectionEvent: class {},
    // The bundle loads its WebAssembly synchronously, as workers may.
    XMLHttpRequest: class {
      open(_method, url) { this.url = url; }
      send() {
        this.response = new Uint8Array(load(this.url)).buffer;
        this.status = 200;
      }
    },
    fetch: async (url) =>
      new Response(load(url), {headers: {'content-type': 'application/wasm'}}),
  };
  // Classes of this realm, so that `instanceof` holds for what crosses the border.
  for (const name of [
    'ArrayBuffer', 'BigInt64Array', 'BigUint64Array', 'DataView', 'Error', 'Float32Array',
    'Float64Array', 'Headers', 'Int16Array', 'Int32Array', 'Int8Array', 'RangeError', 'Response',
    'TextDecoder', 'TextEncoder', 'TypeError', 'URL', 'Uint16Array', 'Uint32Array', 'Uint8Array',
    'WebAssembly', 'clearInterval', 'clearTimeout', 'crypto', 'performance', 'queueMicrotask',
    'setInterval', 'setTimeout',
  ]) world[name] = globalThis[name];
  world.self = world;
  world.globalThis = world;
  vm.createContext(world);
  vm.runInContext(load('engine_bundle.js').toString(), world, {filename: 'engine_bundle.js'});
  world.onmessage({data: port});
}

// --- Conversation ---------------------------------------------------------------------------

class TraceProcessor {
  constructor(directory) {
    this.sequence = 0;
    this.received = Buffer.alloc(0);
    this.answers = [];
    this.waiting = null;
    this.port = {onmessage: null, postMessage: (bytes) => this.receive(Buffer.from(bytes))};
    startWorker(directory, this.port);
  }

  receive(bytes) {
    this.received = Buffer.concat([this.received, bytes]);
    for (;;) {
      const reader = new Reader(this.received);
      const tag = reader.varint();
      const length = tag === null ? null : reader.varint();
      if (length === null || reader.at + Number(length) > this.received.length) return;
      if (Number(tag) !== STREAM_MESSAGE * 8 + 2) throw new Error(`stream tag ${tag}`);
      this.answers.push([...new Reader(reader.take(Number(length))).fields()]);
      this.received = this.received.subarray(reader.at);
      this.waiting?.();
    }
  }

  // Sends a request; what comes back arrives at `receive`.
  send(request, argument) {
    const parts = [integerField(RPC.sequence, this.sequence++), integerField(RPC.request, request)];
    if (argument) parts.push(argument);
    this.answers = [];
    this.port.onmessage({data: new Uint8Array(bytesField(STREAM_MESSAGE, Buffer.concat(parts)))});
  }

  // The WebAssembly is compiled in the background: nothing may be sent before that is done.
  async start() {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      await new Promise((next) => setTimeout(next, 100));
      if (!this.port.onmessage) continue;
      try {
        this.send(REQUEST.status);
      } catch (error) {
        continue;
      }
      if (this.answers.length) return;
    }
    throw new Error('the trace processor did not start');
  }

  // Sends a request and returns the answers, the last of which `isLast` accepts.
  async call(request, argument, isLast) {
    this.send(request, argument);
    const deadline = Date.now() + 600_000;
    for (;;) {
      for (const answer of this.answers)
        for (const [field, value] of answer)
          if (field === RPC.fatal) throw new Error(`trace processor: ${value}`);
      const last = this.answers.at(-1);
      if (last && isLast(last)) return this.answers;
      if (Date.now() > deadline) throw new Error('the trace processor does not answer');
      await new Promise((next) => { this.waiting = next; setTimeout(next, 100); });
    }
  }

  async load(trace) {
    const step = 4 << 20;
    for (let at = 0; at < trace.length; at += step) {
      const answers = await this.call(
        REQUEST.append, bytesField(RPC.append, trace.subarray(at, at + step)), () => true);
      for (const [field, value] of answers[0])
        if (field === RPC.appended)
          for (const [inner, text] of new Reader(value).fields())
            if (inner === 2 && text.length) throw new Error(`cannot read the trace: ${text}`);
    }
    await this.call(REQUEST.finish, null, () => true);
  }

  async query(sql) {
    const batches = (message) =>
      message.filter(([field]) => field === RPC.rows)
        .flatMap(([, result]) => [...new Reader(result).fields()])
        .filter(([field]) => field === 3)
        .map(([, batch]) => [...new Reader(batch).fields()]);
    const failure = (message) =>
      message.filter(([field]) => field === RPC.rows)
        .flatMap(([, result]) => [...new Reader(result).fields()])
        .find(([field, text]) => field === 2 && text.length);
    // The last batch says so in its field 6.
    const answers = await this.call(
      REQUEST.query, bytesField(RPC.sql, bytesField(1, Buffer.from(sql))),
      (message) => failure(message) ||
        batches(message).some((batch) => batch.some(([field, value]) => field === 6 && value)));
    const columns = [];
    const cells = [];
    for (const message of answers) {
      const problem = failure(message);
      if (problem) throw new Error(`${sql}: ${problem[1]}`);
      for (const [field, result] of message)
        if (field === RPC.rows)
          for (const [inner, name] of new Reader(result).fields())
            if (inner === 1) columns.push(name.toString());
      for (const batch of batches(message)) cells.push(...this.cells(batch));
    }
    const rows = [];
    for (let at = 0; at < cells.length; at += columns.length)
      rows.push(Object.fromEntries(columns.map((name, index) => [name, cells[at + index]])));
    return rows;
  }

  // A batch keeps the kinds of its cells in one list and the values of each kind in another.
  cells(batch) {
    let kinds = [];
    const integers = [];
    const reals = [];
    let texts = [];
    for (const [field, value] of batch) {
      if (field === 1) kinds = packed(value);
      else if (field === 2) integers.push(...packed(value));
      else if (field === 3)
        for (let at = 0; at < value.length; at += 8) reals.push(value.readDoubleLE(at));
      else if (field === 5) texts = value.toString().split('\0');
    }
    return kinds.map((kind) => {
      if (kind === CELL.integer) return integers.shift();
      if (kind === CELL.real) return reals.shift();
      if (kind === CELL.text) return texts.shift();
      return null;
    });
  }
}

async function main([directory, trace]) {
  const queries = JSON.parse(fs.readFileSync(0, 'utf8'));
  const processor = new TraceProcessor(directory);
  await processor.start();
  await processor.load(fs.readFileSync(trace));
  const answers = {};
  for (const [name, sql] of Object.entries(queries)) answers[name] = await processor.query(sql);
  process.stdout.write(JSON.stringify(answers));
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
