import Diagnostics
import Hardware
import Programs
import Reports
import Simulation
import Storage

/// `.npy` files, of which bytes or words of the header were changed.
package struct ArraysTarget: FuzzTarget {
  package static let name = "arrays"
  package static let summary = "changed .npy files, converted to every element type"

  private let files: [[UInt8]]

  package init(_ place: FuzzPlace) throws {
    let folder = "\(place.root)/Tests/StorageTests/Data"
    files = try fileNames(in: folder).sorted().filter { $0.hasSuffix(".npy") }
      .map { try readFile("\(folder)/\($0)") }
  }

  private static let types = [
    "float32", "bfloat16", "float16", "float8_e4m3", "float8_e4m3fn", "float8_e5m2", "int32",
    "uint32",
    "int16", "uint16", "int8", "uint8", "tfloat32", "float8_e5m2_x4", "float8_e4m3fn_x4",
    "float4_e2m1fn_x4", "float8_e8m0fnu", "nonsense",
  ]
  private static let descriptions = [
    "<f4", "<f8", ">f4", "<f2", "|i1", "<i8", "<u8", "|b1", "<c8", "|O", "<U5", "|S3", "<M8[ns]",
    "|V2",
    "|V1", "<V2", "<f16", "f4", "", "<i99999999999", "=f4", "<e5",
  ]
  private static let shapes = [
    "()", "(1,)", "(0,)", "(3, 4)", "(-1,)", "(9223372036854775807, 2)", "(0, 9223372036854775807)",
    "(4611686018427387904, 4611686018427387904)", "(1" + String(repeating: ", 1", count: 70) + ")",
    "(True,)", "(1.0,)", "[2]", "(99999999999999999999,)",
  ]

  package func run(_ fuzz: FuzzCase) throws {
    let bytes = fuzz.random.once(in: 2) ? written(fuzz) : damaged(fuzz)
    fuzz.feed(bytes, "input.npy")
    let array: NumpyArray
    do throws(DiagnosticError) {
      array = try NumpyArray(parsing: bytes, path: "input.npy", name: "x")
    } catch {
      fuzz.requireTold(error, "read")
      return fuzz.reach("refused")
    }
    fuzz.reach("read")
    do throws(DiagnosticError) {
      let again = try NumpyArray(parsing: try array.serialized(), path: "again.npy")
      fuzz.require(
        again.descr == array.descr && again.shape == array.shape && again.bytes == array.bytes,
        "written and read it is another array")
    } catch {
      fuzz.fail("what was read cannot be written: \(error)")
    }
    for type in ArraysTarget.types {
      do throws(DiagnosticError) {
        let converted = try array.converted(toDTypeNamed: type, name: "x", path: "input.npy").array
        fuzz.require(
          converted.shape == array.shape
            && NumpyArray.byteCount(descr: converted.descr, shape: converted.shape)
              == converted.bytes.count,
          "as \(type) it has \(converted.bytes.count) bytes")
        fuzz.reach("converted")
      } catch {
        fuzz.requireTold(error, "convert")
      }
    }
  }

  private func damaged(_ fuzz: FuzzCase) -> [UInt8] {
    let file = fuzz.random.pick(files)
    if fuzz.random.once(in: 2) {
      var mutation = Mutation(random: SeededGenerator(seed: fuzz.seed()))
      return mutation.mutate(file, isText: fuzz.random.once(in: 2))
    }
    var bytes = file
    for _ in 0..<fuzz.random.pick(1...4) where !bytes.isEmpty {
      bytes[fuzz.random.pick(0...min(bytes.count, 140) - 1)] = UInt8(fuzz.random.pick(0...255))
    }
    return bytes
  }

  /// A file whose header says anything, with bytes behind it that may fit.
  private func written(_ fuzz: FuzzCase) -> [UInt8] {
    let description = fuzz.random.pick(ArraysTarget.descriptions)
    let shape = fuzz.random.pick(ArraysTarget.shapes)
    let quoted =
      fuzz.random.once(in: 8)
      ? "[('\(fuzz.random.pick(["a", "float8_e5m2_x4", "x'y"]))', '\(description)')]"
      : "'\(description)'"
    let parts = [
      "'descr': \(quoted)", "'fortran_order': \(fuzz.random.pick(["False", "True", "1"]))",
      "'shape': \(shape)",
    ]
    let order = fuzz.random.once(in: 4) ? parts.shuffled(using: &fuzz.random) : parts
    var header = Array("{\(order.joined(separator: ", ")), }\n".utf8)
    let version = fuzz.random.pick([1, 1, 2, 3])
    while (header.count + (version == 1 ? 10 : 12)) % 64 != 0 {
      header.insert(0x20, at: header.count - 1)
    }
    var bytes = [0x93] + Array("NUMPY".utf8) + [UInt8(version), 0]
    for shift in 0..<(version == 1 ? 2 : 4) {
      bytes.append(UInt8(truncatingIfNeeded: header.count >> (8 * shift)))
    }
    // As many bytes as the header asks for, or any.
    let extents = shape.split { !$0.isNumber && $0 != "-" }.compactMap { Int($0) }
    let needed = NumpyArray.byteCount(descr: description, shape: extents) ?? 0
    let count =
      needed < 1 << 12 && !fuzz.random.once(in: 4) ? needed : fuzz.random.pick([0, 1, 8, 96])
    return bytes + header + (0..<count).map { _ in UInt8(fuzz.random.pick(0...255)) }
  }
}

/// Perfetto traces, of which bytes were changed: told as far as they are whole, and cut.
package struct TracesTarget: FuzzTarget {
  package static let name = "traces"
  package static let summary = "changed traces, summed up and cut"

  /// Without compression, and with it.
  private let plain: [[UInt8]]
  private let packed: [UInt8]

  package init(_ place: FuzzPlace) throws {
    let hardware = try Hardware.load(named: "trn2")
    var options = Simulation.Options()
    options.mode = .timingOnly
    var plain: [[UInt8]] = []
    var packed: [UInt8] = []
    for name in ["silu-one-activation", "matmul-one-tile"] {
      let program = try ProgramFile.read("\(place.root)/traces/\(name).trn")
      let run = try Simulation.run(ProgramSet(program), on: hardware, options: options)
      let sink = Bytes()
      _ = try PerfettoTrace.encode(run, options: TraceOptions()) { sink.bytes += $0 }
      plain.append(sink.bytes)
      let path = "\(place.scratch)/packed.pftrace.zst"
      _ = try PerfettoTrace.write(run, to: path)
      packed = try readFile(path)
    }
    self.plain = plain
    self.packed = packed
  }

  private final class Bytes {
    var bytes: [UInt8] = []
  }

  package func run(_ fuzz: FuzzCase) throws {
    let isPacked = fuzz.random.once(in: 4)
    var bytes = isPacked ? packed : fuzz.random.pick(plain)
    if fuzz.random.once(in: 3) {
      var mutation = Mutation(random: SeededGenerator(seed: fuzz.seed()))
      bytes = mutation.mutate(bytes, isText: false)
    } else {
      for _ in 0..<fuzz.random.pick(1...4) {
        let place = fuzz.random.pick(0...bytes.count - 1)
        bytes[place] = UInt8(
          fuzz.random.pick([0, 1, 2, 8, 10, 18, 127, 128, 255, Int(bytes[place] ^ 1)]))
      }
    }
    let path = "\(fuzz.scratch)/input.pftrace\(isPacked ? ".zst" : "")"
    fuzz.feed(bytes, "input.pftrace")
    try writeAtomically(bytes, to: path)
    do {
      let read = try TraceStatistics(of: path)
      fuzz.requireJSON(read.json, "the statistics")
      fuzz.requirePrintable(
        (read.infoBlocks + read.tables(operations: 5)).text(on: Page(width: 80)), "the statistics")
      fuzz.require(
        read.rows.allSatisfy { $0.busy >= 0 && $0.operations.allSatisfy { $0.time >= 0 } },
        "a time below zero")
      fuzz.reach("told")
      if fuzz.random.once(in: 8) {
        _ = try TracePage.make(of: path)
        fuzz.reach("page")
      }
    } catch {
      fuzz.requireTold(error, "read")
      fuzz.reach("refused")
    }
    do {
      let from = Int64(fuzz.random.pick(0...20_000_000))
      let slicer = TraceSlicer(
        path,
        window: fuzz.random.once(in: 3)
          ? nil : from..<from + Int64(fuzz.random.pick(1...10_000_000)),
        rows: fuzz.random.pick([[], ["tensor"], ["scalar", "vector"]]))
      let part = "\(fuzz.scratch)/part.pftrace.zst"
      let outcome = try slicer.write(to: part)
      let read = try TraceStatistics(of: part)
      fuzz.require(
        read.slices == outcome.slices,
        "\(outcome.slices) slices were written, \(read.slices) are read")
      fuzz.reach("cut")
    } catch {
      fuzz.requireTold(error, "cut")
    }
  }
}

/// Random sequences of calls of the C interface.
package struct SessionsTarget: FuzzTarget {
  package static let name = "sessions"
  package static let summary = "random calls of the C interface, by one who frees what is his own"

  private let fuzzer: SessionFuzzer

  package init(_ place: FuzzPlace) throws { fuzzer = try SessionFuzzer() }

  package func run(_ fuzz: FuzzCase) {
    let result = fuzzer.run(caseSeed: fuzz.seed())
    for failure in result.failures { fuzz.fail(failure.message) }
    for _ in 0..<result.inputs { fuzz.reach("calls") }
    for _ in 0..<result.accepted { fuzz.reach("succeeded") }
  }
}
