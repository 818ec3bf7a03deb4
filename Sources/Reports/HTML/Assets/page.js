"use strict";
// Draws a report's timeline and sorts its tables; PageTimeline.swift says what the numbers are.
(() => {
  const began = performance.now();
  const element = (id) => document.getElementById(id);

  // Numbers of seven bits a byte, the lowest first.
  class Numbers {
    constructor(text) {
      const raw = atob(text);
      this.bytes = new Uint8Array(raw.length);
      for (let i = 0; i < raw.length; i++) this.bytes[i] = raw.charCodeAt(i);
      this.at = 0;
    }
    next() {
      let byte = this.bytes[this.at++];
      if (byte < 128) return byte;
      let value = byte & 127, factor = 128;
      do {
        byte = this.bytes[this.at++];
        value += (byte & 127) * factor;
        factor *= 128;
      } while (byte > 127);
      return value;
    }
    signed() {
      const value = this.next();
      return value % 2 ? -(value + 1) / 2 : value / 2;
    }
  }

  // Each entry in its order; one that came before is told by its number.
  const mostKnown = 65536;
  function readEntries(numbers, count, read) {
    const starts = [];
    for (let i = 0; i < count; i++) {
      const known = numbers.next();
      if (!known) {
        if (starts.length < mostKnown) starts.push(numbers.at);
        read(i);
        continue;
      }
      const back = numbers.at;
      numbers.at = starts[known - 1];
      read(i);
      numbers.at = back;
    }
  }

  function decodeSources(packed) {
    const numbers = new Numbers(packed.data), count = packed.count;
    const sources = {
      operation: new Int32Array(count), tensor: new Int32Array(count),
      place: new Int32Array(count), scope: new Int32Array(count),
    };
    let operation = 0, tensor = 0, place = 0, scope = 0;
    readEntries(numbers, count, (i) => {
      sources.operation[i] = operation += numbers.signed();
      sources.tensor[i] = tensor += numbers.signed();
      sources.place[i] = place += numbers.signed();
      sources.scope[i] = scope += numbers.signed();
    });
    return sources;
  }

  // A row with its entries in the order of their beginnings.
  class Row {
    constructor(packed, core) {
      this.name = packed.name;
      this.kind = packed.kind;
      this.core = core;
      const count = this.count = packed.count, numbers = new Numbers(packed.data);
      const isLife = this.kind === "engine" || this.kind === "queue" || this.kind === "slice";
      this.begin = new Float64Array(count);
      this.end = new Float64Array(count);
      this.code = new Int32Array(count);
      this.hits = new Int32Array(0);
      if (this.kind !== "scope") {
        this.source = new Int32Array(count);
        this.wait = new Float64Array(count);
      }
      if (isLife) {
        this.number = core.places.push(this) - 1;
        this.firstPiece = new Int32Array(count + 1);
        this.release = new Float64Array(count);
        this.pieceCause = new Uint8Array(packed.pieces);
        this.pieceTime = new Float64Array(packed.pieces);
        this.pieceRow = new Int16Array(packed.pieces).fill(-1);
        this.pieceEntry = new Int32Array(packed.pieces);
      }
      const named = [];
      if (this.kind === "queue") {
        this.bytes = new Float64Array(count);
        this.descriptors = new Float64Array(count);
      }
      if (this.kind === "slice") {
        this.instruction = new Int32Array(count);
        this.detail = new Int32Array(count);
      }
      let begin = 0, source = 0, instruction = 0, detail = 0;
      const read = (i) => {
        begin += numbers.next();
        this.begin[i] = begin;
        this.end[i] = begin + numbers.next();
        this.code[i] = numbers.next();
        if (this.kind === "scope") return;
        this.source[i] = source += numbers.signed();
        if (this.kind === "path") return;
        if (this.kind === "queue") {
          this.bytes[i] = numbers.next();
          this.descriptors[i] = numbers.next();
          this.wait[i] = numbers.next();
        }
        if (this.kind === "slice") {
          this.instruction[i] = instruction += numbers.signed();
          const head = numbers.next() - 1;
          if (head >= 0) this.detail[i] = detail += head % 2 ? -(head + 1) / 2 : head / 2;
        }
        this.readPieces(numbers, i, named);
      };
      if (this.kind === "scope") for (let i = 0; i < count; i++) read(i); else readEntries(numbers, count, read);
      this.cover();
      this.stack();
    }
    // What an entry waited for and was spent on; `named` has the entries named last, by row.
    readPieces(numbers, i, named) {
      const causes = this.core.texts.causes.length;
      let at = this.firstPiece[i], sum = 0, kind = 1;
      for (let head = numbers.next(); head; head = kind === 0 ? numbers.next() : 0) {
        const causer = (head - 1) % 3, code = (head - 1 - causer) / 3;
        kind = Math.floor(code / causes);
        this.pieceCause[at] = code % causes;
        sum += this.pieceTime[at] = numbers.next();
        if (causer === 1) {
          this.pieceRow[at] = this.number;
          this.pieceEntry[at] = i - 1;
        } else if (causer === 2) {
          const row = this.pieceRow[at] = numbers.next();
          this.pieceEntry[at] = named[row] = (named[row] || 0) + numbers.signed();
        }
        at++;
      }
      this.firstPiece[i + 1] = at;
      this.release[i] = (kind === 1 ? this.begin[i] : this.end[i]) - sum;
      if (this.kind === "queue") return;
      let now = this.release[i];
      for (let piece = this.firstPiece[i]; piece < at && now < this.begin[i]; piece++) {
        const end = now + this.pieceTime[piece];
        if (!this.core.quiet.has(this.pieceCause[piece])) this.wait[i] += Math.min(end, this.begin[i]) - now;
        now = end;
      }
    }
    // The same as objects, with the row and the index of who caused each.
    pieces(i) {
      const found = [];
      let now = this.release[i];
      for (let piece = this.firstPiece[i]; piece < this.firstPiece[i + 1]; piece++) {
        const begin = now, row = this.core.places[this.pieceRow[piece]];
        now += this.pieceTime[piece];
        found.push({begin, end: now, cause: this.pieceCause[piece], row, index: this.pieceEntry[piece]});
      }
      return found;
    }
    // Time covered before each entry, and the latest end so far: they make every stretch's share two look-ups.
    cover() {
      this.covered = new Float64Array(this.count + 1);
      this.latest = new Float64Array(this.count);
      let latest = 0;
      for (let i = 0; i < this.count; i++) {
        this.covered[i + 1] = this.covered[i] + Math.max(0, this.end[i] - Math.max(latest, this.begin[i]));
        latest = Math.max(latest, this.end[i]);
        this.latest[i] = latest;
      }
    }
    // Lanes below each other for entries that overlap.
    stack() {
      const most = this.kind === "engine" ? 2 : 6;
      this.lane = new Uint8Array(this.count);
      const free = new Float64Array(most);
      this.lanes = 1;
      for (let i = 0; i < this.count; i++) {
        let lane = 0;
        while (lane < most - 1 && free[lane] > this.begin[i]) lane++;
        free[lane] = Math.max(free[lane], this.end[i]);
        this.lane[i] = lane;
        if (lane >= this.lanes) this.lanes = lane + 1;
      }
    }
    // The first entry that begins at a time or later.
    firstFrom(time, low = 0) {
      let high = this.count;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.begin[middle] < time) low = middle + 1; else high = middle;
      }
      return low;
    }
    // The first entry that may end after a time.
    firstAfter(time) {
      let low = 0, high = this.count;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.latest[middle] <= time) low = middle + 1; else high = middle;
      }
      return low;
    }
    // Time covered up to a time, of which `index` entries began before.
    coveredUpTo(time, index) {
      return index ? this.covered[index] - Math.max(0, this.latest[index - 1] - time) : 0;
    }
  }

  class Series {
    constructor(packed, core) {
      this.name = packed.name;
      this.unit = packed.unit;
      this.scale = packed.scale;
      this.core = core;
      const numbers = new Numbers(packed.data), count = packed.count;
      this.time = new Float64Array(count);
      this.value = new Float64Array(count);
      let time = 0, value = 0;
      this.most = 0;
      for (let i = 0; i < count; i++) {
        this.time[i] = time += numbers.next();
        this.value[i] = value += numbers.signed();
        this.most = Math.max(this.most, value);
      }
    }
    at(time) {
      let low = 0, high = this.time.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.time[middle] <= time) low = middle + 1; else high = middle;
      }
      return low - 1;
    }
  }

  const palette = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800", "#7a6fd0"];
  // On these white is read better than black.
  const isDark = new Set(["#0072b2", "#7a6fd0"]);
  const directions = ["load", "store", "move"];
  const laneHeight = 13, rowGap = 7, seriesHeight = 34;
  // Wider and higher where runs are side by side, and where moments are marked.
  let labelWidth = 136, axisHeight = 24;
  // Waits that are for nobody else: who is before in the queue.
  const quietCauses = ["engine busy", "queue order", "full queue"];

  function duration(time) {
    const size = Math.abs(time);
    if (size < 1e3) return `${Math.round(time)} ps`;
    if (size < 1e6) return `${(time / 1e3).toFixed(size < 1e5 ? 2 : 1)} ns`;
    if (size < 1e9) return `${(time / 1e6).toFixed(3)} µs`;
    return `${(time / 1e9).toFixed(3)} ms`;
  }

  function amount(value, unit) {
    if (unit !== "B" && unit !== "bytes") return `${Number(value.toPrecision(4))} ${unit}`;
    if (value < 1024) return `${value} B`;
    if (value < 1 << 20) return `${(value / 1024).toFixed(1)} KiB`;
    return `${(value / (1 << 20)).toFixed(1)} MiB`;
  }

  class Chart {
    constructor(data, canvas) {
      this.canvas = canvas;
      this.context = canvas.getContext("2d");
      this.total = Math.max(1, data.total);
      this.begin = this.from = Math.min(data.begin, this.total - 1);
      this.until = this.total;
      this.rows = [];
      this.series = [];
      this.found = [];
      this.match = -1;
      this.chosen = null;
      this.query = "";
      this.marks = data.marks;
      this.isTold = data.told;
      this.arrows = [];
      if (data.marks.length) axisHeight = 40;
      for (const core of data.cores) {
        core.places = [];
        core.quiet = new Set(quietCauses.map((name) => core.texts.causes.indexOf(name)));
        core.decoded = decodeSources(core.sources);
        for (const packed of core.rows) this.rows.push(new Row(packed, core));
        for (const packed of core.series) this.series.push(new Series(packed, core));
      }
      if (data.paired) this.pair();
      if (data.cores.length > 1) {
        this.context.font = "12px system-ui, 'DejaVu Sans', sans-serif";
        const widths = this.rows.concat(this.series).map((row) => this.context.measureText(this.name(row)).width);
        labelWidth = Math.min(260, Math.max(labelWidth, ...widths.slice(0, 1000)) + 12);
      }
      this.layOut();
    }

    // Rows of one name below each other, whichever run they are of.
    pair() {
      const kinds = ["path", "engine", "queue", "scope", undefined], order = new Map();
      for (const list of [this.rows, this.series]) {
        for (const one of list) {
          one.key = `${kinds.indexOf(one.kind)} ${one.name}`;
          if (!order.has(one.key)) order.set(one.key, order.size);
        }
        list.sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || order.get(a.key) - order.get(b.key));
      }
    }

    layOut() {
      let y = axisHeight;
      for (const row of this.rows) {
        row.top = y;
        row.height = row.lanes * laneHeight;
        y += row.height + rowGap;
      }
      for (const series of this.series) {
        series.top = y;
        y += seriesHeight + rowGap;
      }
      this.height = y + 4;
    }

    resize() {
      const scale = window.devicePixelRatio || 1;
      this.width = Math.max(200, this.canvas.clientWidth);
      this.canvas.style.height = `${this.height}px`;
      this.canvas.width = Math.round(this.width * scale);
      this.canvas.height = Math.round(this.height * scale);
      this.context.setTransform(scale, 0, 0, scale, 0, 0);
      this.draw();
    }

    colours() {
      const style = getComputedStyle(document.documentElement);
      const of = (name) => style.getPropertyValue(`--${name}`).trim();
      this.ink = {
        ground: of("ground"), text: of("text"), faint: of("faint"), line: of("line"), idle: of("idle"),
        waiting: of("waiting"), hit: of("hit"), mark: of("mark"), useful: of("useful"),
      };
    }

    x(time) { return labelWidth + (time - this.from) / (this.until - this.from) * (this.width - labelWidth); }
    time(x) { return this.from + (x - labelWidth) / (this.width - labelWidth) * (this.until - this.from); }

    request() {
      if (this.isRequested) return;
      this.isRequested = true;
      requestAnimationFrame(() => {
        this.isRequested = false;
        this.draw();
      });
    }

    draw() {
      if (!this.ink) this.colours();
      const c = this.context;
      c.fillStyle = this.ink.ground;
      c.fillRect(0, 0, this.width, this.height);
      c.font = "12px system-ui, 'DejaVu Sans', sans-serif";
      c.textBaseline = "middle";
      this.drawAxis(c);
      c.save();
      c.beginPath();
      c.rect(labelWidth, 0, this.width - labelWidth, this.height);
      c.clip();
      for (const row of this.rows) this.drawRow(c, row);
      for (const series of this.series) this.drawSeries(c, series);
      this.drawMarks(c);
      this.drawChosen(c);
      this.drawArrows(c);
      c.restore();
      this.drawLabels(c);
    }

    drawAxis(c) {
      const span = this.until - this.from;
      let step = Math.pow(10, Math.floor(Math.log10(span / 6)));
      for (const factor of [2, 5, 10]) if (span / step > 9) step = step / (factor === 10 ? 5 : factor === 5 ? 2 : 1) * factor;
      while (span / step > 10) step *= 2;
      c.strokeStyle = this.ink.line;
      c.fillStyle = this.ink.faint;
      c.lineWidth = 1;
      for (let t = Math.ceil(this.from / step) * step; t <= this.until; t += step) {
        const x = Math.round(this.x(t)) + 0.5;
        c.beginPath();
        c.moveTo(x, 18);
        c.lineTo(x, this.height);
        c.stroke();
        c.fillText(t === 0 ? "0" : duration(t).replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " "), x + 3, 9);
      }
    }

    drawRow(c, row) {
      const first = row.firstAfter(this.from), end = row.firstFrom(this.until, first);
      const columns = this.width - labelWidth;
      c.fillStyle = this.ink.idle;
      c.globalAlpha = 0.35;
      c.fillRect(labelWidth, row.top, columns, row.height);
      c.globalAlpha = 1;
      if (end - first > 3 * columns) this.drawCover(c, row, columns); else this.drawEntries(c, row, first, end);
      this.drawHits(c, row);
    }

    // What share of each column's time is covered: an area as high as the row.
    drawCover(c, row, columns) {
      const step = (this.until - this.from) / columns;
      c.fillStyle = this.rowColour(row);
      c.globalAlpha = this.query ? 0.45 : 1;
      c.beginPath();
      c.moveTo(labelWidth, row.top + row.height);
      let index = row.firstFrom(this.from);
      let before = row.coveredUpTo(this.from, index);
      for (let column = 0; column < columns; column++) {
        const time = this.from + (column + 1) * step;
        index = row.firstFrom(time, index);
        const now = row.coveredUpTo(time, index);
        const y = row.top + row.height * (1 - Math.min(1, (now - before) / step));
        c.lineTo(labelWidth + column, y);
        c.lineTo(labelWidth + column + 1, y);
        before = now;
      }
      c.lineTo(labelWidth + columns, row.top + row.height);
      c.fill();
      c.globalAlpha = 1;
    }

    drawEntries(c, row, first, end) {
      const scale = (this.width - labelWidth) / (this.until - this.from);
      for (let i = first; i < end; i++) {
        if (row.end[i] < this.from) continue;
        const x = this.x(row.begin[i]), y = row.top + row.lane[i] * laneHeight;
        const width = Math.max(1, (row.end[i] - row.begin[i]) * scale);
        const left = Math.max(x, labelWidth - 2), seen = Math.min(x + width, this.width + 2) - left;
        if (row.wait && row.wait[i] * scale >= 1) {
          c.fillStyle = this.ink.waiting;
          c.fillRect(x - row.wait[i] * scale, y + laneHeight - 4, row.wait[i] * scale, 2);
        }
        c.globalAlpha = this.query && !this.matches(row, i) ? 0.25 : 1;
        c.fillStyle = this.colour(row, i);
        c.fillRect(left, y, Math.max(1, seen - (seen > 3 ? 1 : 0)), laneHeight - 1);
        if (seen > 34) {
          c.save();
          c.beginPath();
          c.rect(left, y, seen - 2, laneHeight);
          c.clip();
          c.fillStyle = isDark.has(this.colour(row, i)) ? "#ffffff" : "#000000";
          c.font = "10px system-ui, 'DejaVu Sans', sans-serif";
          c.fillText(this.title(row, i), left + 3, y + laneHeight / 2);
          c.restore();
        }
        c.globalAlpha = 1;
      }
    }

    drawHits(c, row) {
      if (!row.hits.length) return;
      c.fillStyle = this.ink.hit;
      let last = -1;
      for (const i of row.hits) {
        if (row.end[i] < this.from) continue;
        if (row.begin[i] > this.until) break;
        const x = Math.max(labelWidth, Math.round(this.x(row.begin[i])));
        if (x === last) continue;
        last = x;
        c.fillRect(x, row.top - 3, Math.max(2, this.x(row.end[i]) - x), 2);
      }
    }

    drawSeries(c, series) {
      const top = series.top, bottom = top + seriesHeight, most = Math.max(series.most, 1);
      const columns = this.width - labelWidth, step = (this.until - this.from) / columns;
      c.fillStyle = this.ink.useful;
      c.globalAlpha = 0.6;
      c.beginPath();
      c.moveTo(labelWidth, bottom);
      let index = series.at(this.from);
      for (let column = 0; column < columns; column++) {
        const time = this.from + (column + 1) * step;
        let value = index >= 0 ? series.value[index] : 0;
        while (index + 1 < series.time.length && series.time[index + 1] < time) {
          value = Math.max(value, series.value[++index]);
        }
        const y = bottom - seriesHeight * value / most;
        c.lineTo(labelWidth + column, y);
        c.lineTo(labelWidth + column + 1, y);
      }
      c.lineTo(this.width, bottom);
      c.fill();
      c.globalAlpha = 1;
    }

    drawChosen(c) {
      if (!this.chosen) return;
      const {row, index} = this.chosen;
      const x = this.x(row.begin[index]), width = Math.max(2, this.x(row.end[index]) - x);
      c.strokeStyle = this.ink.mark;
      c.lineWidth = 2;
      c.strokeRect(x - 1, row.top + row.lane[index] * laneHeight - 1, width + 2, laneHeight + 1);
    }

    drawMarks(c) {
      for (const mark of this.marks) {
        const x = Math.round(this.x(mark.time)) + 0.5;
        if (x < labelWidth - 1 || x > this.width + 1) continue;
        c.strokeStyle = this.ink.hit;
        c.lineWidth = 1.5;
        c.setLineDash([5, 3]);
        c.beginPath();
        c.moveTo(x, 18);
        c.lineTo(x, this.height);
        c.stroke();
        c.setLineDash([]);
        c.font = "11px system-ui, 'DejaVu Sans', sans-serif";
        const room = c.measureText(mark.text).width + 8, left = Math.min(x + 4, this.width - room);
        c.fillStyle = this.ink.ground;
        c.fillRect(left - 2, 19, room, 15);
        c.fillStyle = this.ink.hit;
        c.fillText(mark.text, left, 27);
      }
    }

    middle(row, index) { return row.top + row.lane[index] * laneHeight + laneHeight / 2; }

    // From whom the chosen one waited for, and to who waited for it.
    drawArrows(c) {
      c.lineWidth = 1.5;
      for (const {from, to, until, isOwn} of this.arrows) {
        const x1 = this.x(Math.max(from.row.begin[from.index], Math.min(until, from.row.end[from.index])));
        const x2 = this.x(Math.max(until, Math.min(to.row.begin[to.index], to.row.end[to.index])));
        const y1 = this.middle(from.row, from.index), y2 = this.middle(to.row, to.index), bend = Math.min(40, 12 + Math.abs(x2 - x1) / 2);
        c.strokeStyle = c.fillStyle = isOwn ? this.ink.hit : this.ink.mark;
        c.setLineDash(isOwn ? [] : [4, 3]);
        c.beginPath();
        c.moveTo(x1, y1);
        c.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2 - 5, y2);
        c.stroke();
        c.setLineDash([]);
        c.beginPath();
        c.moveTo(x2, y2);
        c.lineTo(x2 - 7, y2 - 4);
        c.lineTo(x2 - 7, y2 + 4);
        c.fill();
      }
    }

    drawLabels(c) {
      c.fillStyle = this.ink.ground;
      c.fillRect(0, 0, labelWidth, this.height);
      c.textBaseline = "middle";
      const label = (text, more, y) => {
        c.fillStyle = this.ink.text;
        c.font = "12px system-ui, 'DejaVu Sans', sans-serif";
        c.fillText(this.fitted(c, text, labelWidth - 10), 6, y);
        if (!more) return;
        c.fillStyle = this.ink.faint;
        c.font = "10px system-ui, 'DejaVu Sans', sans-serif";
        c.fillText(this.fitted(c, more, labelWidth - 10), 6, y + 12);
      };
      for (const row of this.rows) {
        label(this.name(row), "", row.top + laneHeight / 2);
      }
      for (const series of this.series) {
        label(this.name(series), `≤ ${amount(series.most / series.scale, series.unit)}`, series.top + 8);
      }
    }

    name(row) { return row.core.name ? `${row.name} ${row.core.name}` : row.name; }

    fitted(c, text, room) {
      if (c.measureText(text).width <= room) return text;
      let end = text.length;
      while (end > 1 && c.measureText(`${text.slice(0, end)}…`).width > room) end--;
      return `${text.slice(0, end)}…`;
    }

    rowColour(row) {
      if (row.kind === "scope") return this.ink.faint;
      if (row.kind === "path") return this.ink.hit;
      if (row.kind === "queue") return palette[0];
      if (row.kind === "slice") return palette[row.number % palette.length];
      return palette[["Tensor", "Vector", "Scalar", "GpSimd", "Sync"].indexOf(row.name)] || palette[5];
    }

    colour(row, i) {
      if (row.kind === "queue") return [palette[4], palette[5], palette[6]][row.code[i]];
      if (row.kind === "path") return palette[row.core.tints[row.code[i]]];
      if (row.kind === "slice") return palette[row.core.colors[row.code[i]]];
      return palette[(row.code[i] * 5 + 1) % palette.length];
    }

    title(row, i) {
      const texts = row.core.texts;
      if (row.kind === "scope") return texts.scopes[row.code[i]];
      const source = row.source[i], decoded = row.core.decoded;
      const name = row.kind === "queue" ? directions[row.code[i]]
        : row.kind === "path" ? texts.causes[row.code[i]] : texts.opcodes[row.code[i]];
      const tensor = source >= 0 && decoded.tensor[source] ? ` ${texts.tensors[decoded.tensor[source] - 1]}` : "";
      return name + tensor;
    }

    // What is known of an entry, as names with texts.
    facts(row, i) {
      const texts = row.core.texts, facts = [];
      const add = (name, text) => { if (text) facts.push([name, text]); };
      add("what", this.title(row, i));
      add("on", this.name(row));
      add("from", `${duration(row.begin[i])} to ${duration(row.end[i])}: ${duration(row.end[i] - row.begin[i])}`);
      if (row.kind === "scope") return facts;
      const source = row.source[i], decoded = row.core.decoded;
      if (source >= 0 && source < decoded.operation.length) {
        add("operation", texts.operations[decoded.operation[source]]);
        if (decoded.place[source]) add("at", texts.places[decoded.place[source] - 1]);
        if (decoded.scope[source]) add("in", texts.scopes[decoded.scope[source] - 1]);
      }
      if (row.kind === "slice") {
        if (row.instruction[i] >= 0) add("instruction", row.instruction[i].toLocaleString("en"));
        const told = row.detail[i] && texts.details.length ? texts.details[row.detail[i] - 1].split("\n") : [];
        for (const [name, text] of told.map((line) => line.split("\t"))) add(name, text);
      }
      if (row.kind === "engine" || row.kind === "slice") {
        if (row.wait[i]) add("waited", duration(row.wait[i]));
      } else if (row.kind === "queue") {
        add("moves", `${amount(row.bytes[i], "B")} in ${row.descriptors[i]} descriptors`);
        add("before", `${duration(row.wait[i])} from the trigger on`);
      }
      return facts;
    }

    choose(row, index) {
      this.chosen = row ? {row, index} : null;
      this.arrows = [];
      const place = element("chosen");
      place.textContent = "";
      if (row) {
        const list = document.createElement("dl");
        const add = (name, content) => {
          const value = document.createElement("dd");
          value.append(content);
          list.append(Object.assign(document.createElement("dt"), {textContent: name}), value);
        };
        for (const [name, text] of this.facts(row, index)) add(name, text);
        if (row.firstPiece && this.isTold) this.addPieces(row, index, add);
        if (row.firstPiece && !this.isTold) add("spent on", "left out: there are too many instructions for a page with what each waited for");
        place.append(list);
      }
      this.request();
    }

    // What the time before and in an entry was spent on, by whom, and who waits for it.
    addPieces(row, index, add) {
      const chosen = {row, index}, causes = row.core.texts.causes, pieces = row.pieces(index);
      const list = (items) => {
        const found = document.createElement("ul");
        for (const parts of items) {
          const item = document.createElement("li");
          item.append(...parts);
          found.append(item);
        }
        return found;
      };
      const link = (other, at) => {
        const button = Object.assign(document.createElement("button"), {
          type: "button", textContent: `${other.name} ${this.title(other, at)}`});
        button.addEventListener("click", () => this.reveal(other, at));
        return button;
      };
      const work = row.kind === "engine" && (!pieces.length || pieces[pieces.length - 1].end <= row.begin[index])
        ? [[`${duration(row.end[index] - row.begin[index])} work`]] : [];
      const isArrow = (piece) => piece.cause === row.core.tints.length;
      const items = pieces.filter((piece) => !isArrow(piece)).map((piece) => {
        if (piece.row) this.arrows.push({from: piece, to: chosen, until: piece.end, isOwn: true});
        const text = `${duration(piece.end - piece.begin)} ${causes[piece.cause]}`;
        return piece.row ? [`${text}: `, link(piece.row, piece.index)] : [text];
      });
      if (items.length) add("spent on", list(items.concat(work)));
      const incoming = pieces.filter(isArrow);
      for (const piece of incoming) this.arrows.push({from: piece, to: chosen, until: piece.end, isOwn: true});
      if (incoming.length) add("arrows from", list(incoming.map((piece) => [link(piece.row, piece.index)])));
      const others = this.followers(row, index);
      for (const other of others.slice(0, 40)) {
        this.arrows.push({from: chosen, to: other, until: other.until, isOwn: false});
      }
      if (!others.length) return;
      const shown = others.slice(0, 12).map((other) => [link(other.row, other.index)]);
      if (others.length > shown.length) shown.push([`and ${(others.length - shown.length).toLocaleString("en")} more`]);
      add(row.kind === "slice" ? "arrows to" : "waits for it", list(shown));
    }

    // Who waited for an entry; all are found when the first is asked for.
    followers(row, index) {
      const core = row.core;
      if (!core.waiters) {
        let count = 0;
        core.bases = core.places.map((place) => (count += place.count) - place.count);
        const first = new Int32Array(count + 2);
        const each = (visit) => core.places.forEach((place) => {
          for (let i = 0; i < place.count; i++) {
            for (let piece = place.firstPiece[i]; piece < place.firstPiece[i + 1]; piece++) {
              if (place.pieceRow[piece] < 0) continue;
              visit(core.bases[place.pieceRow[piece]] + place.pieceEntry[piece], place.number, i);
            }
          }
        });
        each((of) => { first[of + 2]++; });
        for (let i = 2; i < first.length; i++) first[i] += first[i - 1];
        core.waiters = {first, rows: new Int16Array(first[count + 1]), entries: new Int32Array(first[count + 1])};
        each((of, number, i) => {
          const at = first[of + 1]++;
          core.waiters.rows[at] = number;
          core.waiters.entries[at] = i;
        });
      }
      const of = core.bases[row.number] + index, {first, rows, entries} = core.waiters, found = [];
      for (let at = first[of]; at < first[of + 1]; at++) {
        const other = core.places[rows[at]], last = found[found.length - 1];
        if (last && last.row === other && last.index === entries[at]) continue;
        const piece = other.pieces(entries[at]).find((piece) => piece.row === row && piece.index === index);
        found.push({row: other, index: entries[at], until: piece.end});
      }
      return found;
    }

    // To whom the chosen one waited for longest, or to the first that waits for it.
    follow(isForward) {
      if (!this.chosen || !this.chosen.row.firstPiece) return;
      const {row, index} = this.chosen;
      const next = isForward ? this.followers(row, index)[0]
        : row.pieces(index).filter((piece) => piece.row).sort((a, b) => b.end - b.begin - (a.end - a.begin))[0];
      if (next) this.reveal(next.row, next.index);
    }

    at(x, y) {
      const row = this.rows.find((row) => y >= row.top - rowGap / 2 && y < row.top + row.height + rowGap / 2);
      if (!row || x < labelWidth) return null;
      const time = this.time(x), slack = (this.until - this.from) / (this.width - labelWidth) * 2;
      const lane = Math.max(0, Math.min(row.lanes - 1, Math.floor((y - row.top) / laneHeight)));
      let found = null;
      const end = row.firstFrom(time + slack);
      for (let i = row.firstAfter(time - slack); i < end; i++) {
        if (row.end[i] >= time - slack && row.lane[i] === lane) found = {row, index: i};
      }
      return found;
    }

    // The window, kept within the run.
    show(from, until) {
      const span = Math.min(this.total - this.begin, Math.max(until - from, 1000));
      this.from = Math.max(this.begin, Math.min(from, this.total - span));
      this.until = this.from + span;
      this.request();
    }

    showAll() { this.show(this.begin, this.total); }

    zoom(factor, around = (this.from + this.until) / 2) {
      this.show(around - (around - this.from) * factor, around + (this.until - around) * factor);
    }

    move(share) {
      const by = share * (this.until - this.from);
      this.show(this.from + by, this.until + by);
    }

    reveal(row, index) {
      const span = this.until - this.from, length = row.end[index] - row.begin[index];
      if (row.begin[index] < this.from || row.end[index] > this.until) {
        const room = Math.max(span, 2 * length), middle = (row.begin[index] + row.end[index]) / 2;
        this.show(middle - room / 2, middle + room / 2);
      }
      this.choose(row, index);
    }

    // The entry before (-1) or after (1) the chosen one in its row.
    step(by) {
      if (!this.chosen) {
        const row = this.rows.find((row) => row.count);
        if (row) this.reveal(row, Math.min(row.count - 1, row.firstFrom(this.from)));
        return;
      }
      const {row, index} = this.chosen, next = index + by;
      if (next >= 0 && next < row.count) this.reveal(row, next);
    }

    matches(row, i) {
      const marks = row.core.marks;
      if (row.kind === "scope") return marks.scopes[row.code[i]];
      if ((row.kind === "engine" || row.kind === "slice") && marks.opcodes[row.code[i]]) return true;
      const source = row.source[i];
      return source >= 0 && marks.sources[source];
    }

    find(query) {
      this.query = query.trim().toLowerCase();
      this.found = [];
      this.match = -1;
      for (const core of new Set(this.rows.map((row) => row.core))) {
        const mark = (names) => Uint8Array.from(names, (name) => this.query && name.toLowerCase().includes(this.query) ? 1 : 0);
        const texts = core.texts, decoded = core.decoded;
        const operations = mark(texts.operations), tensors = mark(texts.tensors), places = mark(texts.places);
        const scopes = mark(texts.scopes), sources = new Uint8Array(decoded.operation.length);
        for (let i = 0; this.query && i < sources.length; i++) {
          sources[i] = operations[decoded.operation[i]] || (decoded.tensor[i] && tensors[decoded.tensor[i] - 1])
            || (decoded.place[i] && places[decoded.place[i] - 1]) || (decoded.scope[i] && scopes[decoded.scope[i] - 1]) ? 1 : 0;
        }
        core.marks = {opcodes: mark(texts.opcodes), scopes, sources};
      }
      this.rows.forEach((row, number) => {
        const hits = [];
        for (let i = 0; this.query && i < row.count; i++) if (this.matches(row, i)) hits.push(i);
        row.hits = Int32Array.from(hits);
        for (const i of hits) this.found.push(number, i);
      });
      element("found").textContent = this.query ? `${(this.found.length / 2).toLocaleString("en")} found` : "";
      this.request();
    }

    goTo(by) {
      const count = this.found.length / 2;
      if (!count) return;
      this.match = (this.match + by + count) % count;
      element("found").textContent = `${this.match + 1} of ${count.toLocaleString("en")}`;
      this.reveal(this.rows[this.found[2 * this.match]], this.found[2 * this.match + 1]);
    }
  }

  function listen(chart) {
    const canvas = chart.canvas, field = element("find");
    const x = (event) => event.clientX - canvas.getBoundingClientRect().left;
    const y = (event) => event.clientY - canvas.getBoundingClientRect().top;
    let drag = null;
    canvas.addEventListener("pointerdown", (event) => {
      drag = {x: x(event), from: chart.from, until: chart.until, isMoved: false};
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drag) {
        const found = chart.at(x(event), y(event));
        canvas.title = found ? chart.facts(found.row, found.index).map(([name, text]) => `${name}: ${text}`).join("\n") : "";
        return;
      }
      const by = (drag.x - x(event)) / (chart.width - labelWidth) * (drag.until - drag.from);
      if (Math.abs(drag.x - x(event)) > 3) drag.isMoved = true;
      if (drag.isMoved) chart.show(drag.from + by, drag.until + by);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (drag && !drag.isMoved) {
        const found = chart.at(x(event), y(event));
        chart.choose(found && found.row, found && found.index);
      }
      drag = null;
    });
    canvas.addEventListener("pointercancel", () => { drag = null; });
    canvas.addEventListener("dblclick", (event) => chart.zoom(0.4, chart.time(x(event))));
    canvas.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey) {
        chart.zoom(Math.exp(event.deltaY / 300), chart.time(x(event)));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        chart.move((event.deltaX || event.deltaY) / chart.width);
      } else {
        return;
      }
      event.preventDefault();
    }, {passive: false});
    const keys = {
      ArrowLeft: () => chart.move(-0.15), ArrowRight: () => chart.move(0.15), ArrowUp: () => chart.zoom(0.7),
      ArrowDown: () => chart.zoom(1 / 0.7), "+": () => chart.zoom(0.7), "-": () => chart.zoom(1 / 0.7),
      "0": () => chart.showAll(), "[": () => chart.step(-1), "]": () => chart.step(1),
      "/": () => field.focus(), n: () => chart.goTo(1), p: () => chart.goTo(-1),
      w: () => chart.follow(false), d: () => chart.follow(true), Escape: () => chart.choose(null),
    };
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      keys[event.key]();
      event.preventDefault();
    });
    let typing = 0;
    field.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => chart.find(field.value), 120);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        clearTimeout(typing);
        if (field.value.trim().toLowerCase() !== chart.query) chart.find(field.value);
        chart.goTo(event.shiftKey ? -1 : 1);
      }
      if (event.key === "Escape") canvas.focus();
    });
    element("next").addEventListener("click", () => chart.goTo(1));
    element("previous").addEventListener("click", () => chart.goTo(-1));
    element("closer").addEventListener("click", () => chart.zoom(0.5));
    element("farther").addEventListener("click", () => chart.zoom(2));
    element("whole").addEventListener("click", () => chart.showAll());
    window.addEventListener("resize", () => chart.resize());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      chart.ink = null;
      chart.request();
    });
  }

  // A table is sorted by the column whose heading is pressed.
  function sortable(table) {
    const headings = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    const key = (row, column) => {
      const cell = row.cells[column], data = cell && cell.querySelector("data");
      const number = data ? Number(data.value) : NaN;
      return Number.isNaN(number) ? (cell ? cell.textContent : "") : number;
    };
    headings.forEach((heading, column) => {
      if (!heading.textContent || body.rows.length < 2) return;
      heading.tabIndex = 0;
      heading.setAttribute("aria-sort", "none");
      const sort = () => {
        const down = heading.getAttribute("aria-sort") !== "descending";
        for (const other of headings) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].sort((a, b) => {
          const [left, right] = [key(a, column), key(b, column)];
          const order = typeof left === "number" && typeof right === "number"
            ? left - right : String(left).localeCompare(String(right));
          return down ? -order : order;
        });
        body.append(...rows);
      };
      heading.addEventListener("click", sort);
      heading.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
    });
  }

  for (const table of document.querySelectorAll("table")) sortable(table);
  const text = element("timeline-data").textContent;
  const canvas = element("chart");
  if (!text || !canvas) return;
  const chart = new Chart(JSON.parse(text), canvas);
  for (const hidden of document.querySelectorAll("#timeline [hidden]")) hidden.hidden = false;
  listen(chart);
  chart.resize();
  const state = document.documentElement.dataset;
  state.entries = chart.rows.reduce((sum, row) => sum + row.count, 0);
  state.readyMs = Math.round(performance.now() - began);
  // Since the browser began to open the file.
  state.openMs = Math.round(performance.now());
  // For pictures: #choose=TEXT chooses the first that has it in its name, and shows what is around.
  const wanted = location.hash.match(/^#choose=(.*)$/);
  if (wanted) {
    chart.find(decodeURIComponent(wanted[1]));
    const row = chart.rows.find((row) => (row.kind === "engine" || row.kind === "slice") && row.hits.length), index = row && row.hits[0];
    chart.find("");
    if (row) {
      chart.choose(row, index);
      chart.show(row.begin[index] - chart.total * 0.25, row.end[index] + chart.total * 0.15);
    }
  }
  // For measurements: #pan moves a zoomed window over the run and says what a frame takes.
  if (location.hash === "#pan") {
    const frames = 120;
    let worst = 0;
    const start = performance.now();
    for (let frame = 0; frame < frames; frame++) {
      const before = performance.now();
      const from = chart.total * 0.5 * frame / frames, until = from + chart.total * (frame % 2 ? 0.5 : 0.01);
      [chart.from, chart.until] = [from, until];
      chart.draw();
      worst = Math.max(worst, performance.now() - before);
    }
    state.frameMs = ((performance.now() - start) / frames).toFixed(2);
    state.worstFrameMs = worst.toFixed(2);
    chart.showAll();
  }
})();
