import Device
import Diagnostics
import Formats
import Foundation
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Testing
import Workloads

@testable import Reports
@testable import Simulation
@testable import Timing

/// A setting without effect does not exist: each is moved alone, and something must come out otherwise.
struct SettingsTests {
  /// What a machine is tried on; the same text comes out if nothing that it shows has changed.
  struct Trial {
    let name: String
    /// What the run says that it can depend on; `nil` where no run is.
    var settings: [String]?
    let outcome: (Hardware) -> String

    /// Whether it may notice the value at a path.
    func covers(_ path: String) -> Bool { settings.map { Hardware.covers(path, $0) } ?? true }
  }

  /// Settings that decide nothing yet, each under a number of ACCURACY.md which names it.
  private func accepted() throws -> Set<String> {
    let text = try String(
      contentsOf: packageRoot.appendingPathComponent("ACCURACY.md"), encoding: .utf8)
    var paths: Set<String> = []
    var isNumbered = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.first?.isNumber == true { isNumbered = true }
      if line.first == "#" { isNumbered = false }
      guard isNumbered else { continue }
      for (index, part) in line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      where index % 2 == 1 { paths.insert(String(part)) }
    }
    return paths
  }

  @Test(arguments: ["trn1", "trn2", "trn3"])
  func everySettingHasAnEffect(machine: String) throws {
    let hardware = try Hardware.load(named: machine)
    let trials = try Trials(hardware).all
    let before = trials.map { $0.outcome(hardware) }
    let accepted = try accepted()
    var idle: [String] = []
    for path in hardware.paths where !accepted.contains(path) {
      let hasEffect = candidates(path, hardware).contains { value in
        let setting = "\(path)=\(value)"
        guard let moved = try? hardware.overridden(by: [setting]) else {
          // What contradicts another value is not without effect.
          return Self.isContradicted(setting, hardware)
        }
        return zip(trials, before).contains { trial, before in
          trial.covers(path) && trial.outcome(moved) != before
        }
      }
      if !hasEffect { idle.append(path) }
    }
    #expect(idle == [], "settings without effect")
  }

  /// What a run records is all that its numbers depend on: everything else is moved at once.
  @Test(arguments: ["trn1", "trn2", "trn3"])
  func runsRecordWhatTheyDependOn(machine: String) throws {
    let hardware = try Hardware.load(named: machine)
    // Together they must not contradict each other.
    var all = hardware
    var moves: [(path: String, setting: String)] = []
    for path in hardware.paths {
      for value in candidates(path, hardware) {
        guard let next = try? all.overridden(by: ["\(path)=\(value)"]) else { continue }
        all = next
        moves.append((path, "\(path)=\(value)"))
        break
      }
    }
    for trial in try Trials(hardware).all where trial.settings != nil {
      let others = moves.filter { !trial.covers($0.path) }
      #expect(others.count > 50, "\(trial.name)")
      let moved = try hardware.overridden(by: others.map(\.setting))
      let before = trial.outcome(hardware)
      guard trial.outcome(moved) != before else { continue }
      for (path, setting) in others
      where trial.outcome(try hardware.overridden(by: [setting])) != before {
        Issue.record("\(setting) changes '\(trial.name)', which does not record \(path)")
      }
    }
  }

  /// Whether a value is allowed by itself and refused for others.
  private static func isContradicted(_ setting: String, _ hardware: Hardware) -> Bool {
    do {
      _ = try hardware.overridden(by: [setting])
      return false
    } catch {
      return error.diagnostics.allSatisfy { $0.location?.line == 0 }
    }
  }

  /// Values to move a setting to.
  private func candidates(_ path: String, _ hardware: Hardware) -> [String] {
    guard let text = hardware.value(of: path) else { return [] }
    if let number = Double(text) {
      let isWhole = !hardware.isFractional(path)
      let moved = [number * 2, number / 2, number + 1000, 1, number + 1, 0, 0.5, 3, 1e6]
      return moved.filter { $0 != number }.map { isWhole ? "\(Int($0))" : "\($0)" }
    }
    let inner = text.dropFirst().dropLast()
    switch text.first {
    case "[":
      let words = inner.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      if words.count == 1 { return ["[0, 32]"] }
      return words.indices.reversed().map { index in
        "[\(words.indices.filter { $0 != index }.map { words[$0] }.joined(separator: ", "))]"
      }
    default:
      // Sets of functions: all in one.
      let names = inner.split(separator: "[").dropFirst().flatMap {
        $0.prefix { $0 != "]" }.split(separator: ",")
      }
      return ["{all: [\(names.joined(separator: ","))]}"]
    }
  }
}

private let packageRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Programs that between them ask for everything that a configuration prices or limits.
private struct Trials {
  typealias Trial = SettingsTests.Trial
  let hardware: Hardware
  let geometry: Geometry
  private(set) var all: [Trial] = []

  init(_ hardware: Hardware) throws {
    self.hardware = hardware
    geometry = Geometry(hardware)
    addStreams()
    addArray()
    addSequencers()
    addTransfers()
    try addLimits()
    try addCores()
  }

  // MARK: - Device programs

  private mutating func add(
    _ name: String, released: Bool = false, _ build: (inout DeviceBench) -> Void
  ) {
    var bench = DeviceBench()
    build(&bench)
    let device = bench.program
    let settings = Trials.run(device, hardware).settings + (released ? ["launch.release"] : [])
    all.append(
      Trial(name: name, settings: settings) { hardware in
        var options = TimingOptions()
        if released { options.released = Timing.release(hardware) }
        do {
          let timeline = try Timing.run(device, on: hardware, options: options)
          let summary = Summary(
            program: Program(name: "trial"), device: device, timeline: timeline,
            hardware: hardware)
          var text = "\(timeline.total) \(timeline.ringBusy.filter { $0 > 0 })"
          text += " \(timeline.bounds) \(summary.hardwareFLOPs) \(summary.adjustedFLOPs)"
          for timing in timeline.instructions { text += " \(timing.begin)-\(timing.end)" }
          for transfer in timeline.transfers { text += " \(transfer.complete)" }
          return text
        } catch {
          return "\(error)"
        }
      })
  }

  private static func run(_ device: DeviceProgram, _ hardware: Hardware) -> CoreRun {
    var run = CoreRun(program: Program(name: "trial"), hardware: hardware)
    run.device = device
    return run
  }

  /// Each class on each engine that has it: operands here and there, wide and narrow, few and many.
  private mutating func addStreams() {
    let tables: [(Engine, [String])] = [
      (.vector, Array(hardware.vector.classes.keys)),
      (.scalar, Array(hardware.scalar.classes.keys)),
      (.gpsimd, Array(hardware.gpsimd.classes.keys)),
    ]
    for (engine, keys) in tables {
      for streamClass in StreamClass.allCases where keys.contains(streamClass.configurationKey) {
        add("\(streamClass) on \(engine)") { bench in
          for elements in [0, 1, 700] {
            for psum in [false, true] {
              for narrow in [false, true] {
                for contiguous in [true, false] {
                  for _ in 0..<3 {
                    bench.add(
                      engine,
                      .stream(
                        Stream(
                          streamClass, elements: elements, readsPSUM: psum,
                          sixteenBitInputs: narrow, sixteenBitOutput: narrow,
                          contiguous: contiguous, inputStrideBytes: narrow ? 2 : 4,
                          outputStrideBytes: narrow ? 2 : 4, outputElementBytes: narrow ? 2 : 4)))
                  }
                }
              }
            }
          }
        }
      }
      add("strides on \(engine)") { bench in
        for (input, output, size) in [(64, 4, 4), (4, 64, 4), (2, 64, 2), (18, 18, 2), (2, 18, 2)] {
          for _ in 0..<3 {
            bench.add(
              engine,
              .stream(
                Stream(
                  .copy, elements: 300, contiguous: false, inputStrideBytes: input,
                  outputStrideBytes: output, outputElementBytes: size)))
          }
        }
      }
    }
  }

  /// Products at all rates, cold and warm, close together and far apart.
  private mutating func addArray() {
    for rate in MatmulRate.allCases {
      for transpose in [false, true] {
        add("\(rate) products\(transpose ? " for a transpose" : "")") { bench in
          let fourByte = rate == .float32Pass
          for moving in [1, 512] {
            for stride in [fourByte ? 4 : 2, 30, 36, 72] {
              for _ in 0..<8 {
                bench.matmul(
                  moving: moving, rate: rate, transpose: transpose, fourByte: fourByte,
                  strideBytes: stride)
              }
            }
          }
        }
      }
    }
    add("the array warms up and cools down") { bench in
      for part in 0..<2 {
        for _ in 0..<40 { bench.matmul(moving: 512) }
        bench.matmul(moving: 128, rate: .float32Pass, transpose: true, fourByte: true)
        guard part == 0 else { continue }
        // A long wait for VectorE, then work again.
        bench.add(.vector, .stream(Stream(.copy, elements: 30_000)), signals: [0])
        bench.add(.tensor, .control, waits: [(0, 1)])
      }
    }
    add("descriptors of pieces") { bench in
      for kind in 0..<2 {
        bench.dma(.gpsimd, .none, rows: 32, bytes: 8 * 96)
        for run in bench.program.runs.indices.suffix(16) {
          if kind == 0 { bench.program.runs[run].pieces = 24 }
          if kind == 1 { bench.program.runs[run].writtenPieces = 42 }
        }
      }
    }
    add("misaligned rows on a warm array") { bench in
      for _ in 0..<60 {
        bench.matmul(moving: 512)
        bench.add(
          .tensor,
          .matmul(
            Matmul(
              rows: 128, columns: 128, moving: 420, rate: .float16, transpose: false,
              misalignedRows: 30)))
      }
    }
    add("weights wait for a busy array") { bench in
      for _ in 0..<60 { bench.matmul(moving: 64, columns: 128) }
    }
  }

  /// Each engine waits, signals, executes what its sequencer does itself, and has a full queue.
  private mutating func addSequencers() {
    for engine in Engine.allCases {
      let other: Engine = engine == .vector ? .scalar : .vector
      let work: Work? =
        switch engine {
        case .tensor:
          .loadWeights(
            LoadWeights(rows: 128, columns: 128, fourByte: false, transpose: false, strideBytes: 2))
        case .sync: nil
        default: .stream(Stream(.copy, elements: 40))
        }
      add("sequencer of \(engine)", released: true) { bench in
        bench.add(engine, .control, signals: [0])
        bench.add(engine, .control, opcode: .nop)
        bench.add(engine, .control, opcode: .nop, waits: [(0, 1)])
        bench.add(other, .stream(Stream(.copy, elements: 10)), waits: [(0, 1)], signals: [1])
        bench.add(engine, .control, waits: [(1, 1)])
        for _ in 0..<6 { bench.add(engine, .control) }
        if let work {
          bench.add(other, .stream(Stream(.copy, elements: 900)), signals: [2])
          bench.add(engine, work, waits: [(2, 1)], signals: [3])
          for _ in 0..<30 {
            bench.add(engine, work)
            if engine == .tensor {
              bench.add(
                engine,
                .matmul(
                  Matmul(rows: 128, columns: 128, moving: 8, rate: .single, transpose: false)))
            }
          }
          bench.add(engine, .control)
          bench.add(engine, work)
          bench.add(engine, work)
          bench.add(engine, work)
          bench.add(other, .control, waits: [(3, 1)])
        }
        // WRITEs of one kind make the sequencer forget the others.
        for _ in 0..<20 { bench.dma(engine, .none, rows: 16, bytes: 64) }
        bench.add(engine, .control)
        bench.add(engine, .control)
        for number in 0..<12 {
          bench.dma(
            engine, .none, rows: 16, bytes: 64, isScratch: number % 4 < 2, signals: 4 + number)
          if number % 3 == 0 { bench.add(engine, .control) }
          if number % 5 == 0 { bench.add(engine, .control, opcode: .nop) }
        }
        bench.add(engine, .control, waits: [(4, 16)])
      }
    }
  }

  /// Transfers of every kind, made by everybody who can.
  private mutating func addTransfers() {
    let ways: [(Engine, DGEMode)] =
      [(.sync, .none), (.gpsimd, .swdge)]
      + (hardware.dma.hwdge == nil ? [] : [(.sync, .hwdge), (.scalar, .hwdge)])
    for (engine, mode) in ways {
      let kinds: [DescriptorKind] = [
        .contiguous, .elementRead, .elementWrite, .transpose, .compute,
      ]
      add("\(mode) transfers of \(engine)") { bench in
        for (number, kind) in kinds.enumerated() {
          for (toHBM, bytes) in [(false, 64), (true, 64), (true, 3000), (false, 40_000)] {
            bench.dma(
              engine, mode, rows: 20, bytes: bytes, queue: number % 2, writesHBM: toHBM,
              kind: kind, elements: bytes / (number % 2 == 0 ? 4 : 2), readsAnew: !toHBM)
          }
          bench.dma(
            engine, mode, rows: 20, bytes: 64, queue: 2, kind: kind, elements: 64, inHBM: false)
        }
        // Elements of 4 bytes.
        bench.dma(engine, mode, rows: 20, bytes: 64, queue: 3, kind: .transpose, elements: 16)
        if mode == .swdge {
          bench.add(.vector, .stream(Stream(.copy, elements: 9000)), signals: [0])
          for _ in 0..<4 {
            bench.dma(engine, mode, rows: 16, bytes: 64, waits: [(0, 1)])
          }
          // Addresses from registers.
          for _ in 0..<4 {
            for step in [DeviceOpcode.addressLoad, .addressMove, .addressALU] {
              bench.add(engine, .control, opcode: step)
            }
            bench.dma(engine, mode, rows: 16, bytes: 64)
          }
        }
      }
    }
    add("long reads of HBM") { bench in
      bench.dma(.sync, .none, rows: 256, bytes: 60_000)
      bench.dma(.sync, .none, rows: 256, bytes: 60_000, writesHBM: true)
    }
  }

  // MARK: - Programs

  /// A program made for the machine as it is, checked, lowered and timed on the moved one.
  private mutating func add(_ name: String, traced: Bool = false, _ program: Program) {
    let settings = try? Simulation.run(
      ProgramSet(program), on: hardware, options: Trials.timing
    ).settings
    all.append(
      Trial(name: name, settings: traced ? nil : settings) { hardware in
        do {
          let run = try Simulation.run(
            ProgramSet(program), on: hardware, options: Trials.timing)
          let summary = Report(run).timed?.summary
          var text = summary.map { "\($0.total)" } ?? ""
          // What a report sets in relation to the machine's peaks is not the run's.
          text += (summary?.metrics ?? [:]).sorted { $0.key < $1.key }
            .filter { !$0.key.hasSuffix("percent") && !$0.key.hasPrefix("peak") }
            .map { " \($0.key)=\($0.value)" }.joined()
          if traced {
            var bytes: [UInt8] = []
            try PerfettoTrace.encode(run) { bytes += $0 }
            text += " \(bytes.hashValue)"
          }
          return text
        } catch {
          return "\(error)"
        }
      })
  }

  private static let timing: Simulation.Options = {
    var options = Simulation.Options()
    options.mode = .timingOnly
    return options
  }()

  private func program(
    _ name: String, _ body: (KernelBuilder) -> Void
  ) throws -> Program {
    let builder = KernelBuilder(name, geometry: geometry)
    body(builder)
    return try builder.finish()
  }

  /// Instructions at the limits of what is allowed.
  private mutating func addLimits() throws {
    let limits = geometry.limits
    let isLater = geometry.generation >= 4
    for (name, start, rows) in [("96", 96, 32), ("64", 64, 64), ("32", 32, 96)] {
      // The last is refused: accesses to many partitions start at 0.
      add(
        "partitions from \(name) on",
        try program("start") { builder in
          let a = builder.tile("a", .float32, partitions: 128, free: [4])
          let part = a.rows(start..<start + rows)
          builder.emit(TensorCopy(dst: part.ap, src: part.ap))
        })
    }
    add(
      "four dimensions",
      try program("dimensions") { builder in
        let a = builder.tile("a", .float32, partitions: 128, free: [64])
        var pattern = a.ap
        pattern.free = FreeDimensions([
          AccessDimension(stride: 32, size: 2), AccessDimension(stride: 12, size: 2),
          AccessDimension(stride: 5, size: 2), AccessDimension(stride: 2, size: 2),
        ])
        builder.emit(TensorCopy(dst: pattern, src: pattern))
      })
    for (space, dtype, elements) in [
      (MemorySpace.sbuf, DType.uint8, geometry.sbufFreeElements),
      (.psum, .uint8, geometry.psumFreeElements),
    ] {
      add(
        "as many elements as \(space) operands have",
        try program("elements") { builder in
          let a = builder.tile("a", dtype, partitions: 128, free: [elements], in: space)
          builder.emit(Memset(dst: a.ap, value: 0))
        })
    }
    for (dtype, columns) in [
      (DType.float32, geometry.movingMax), (.bfloat16, geometry.movingMaxBF16),
    ] {
      // Before NeuronCore-v4 the second is refused.
      add(
        "a product with \(columns) columns in \(dtype)",
        try program("product") { builder in
          let w = builder.tile("w", .bfloat16, partitions: 128, free: [geometry.stationaryMax])
          let x = builder.tile("x", .bfloat16, partitions: 128, free: [columns])
          let y = builder.tile("y", dtype, partitions: 128, free: [columns], in: .psum)
          builder.emit(NCMatmul(dst: y.ap, stationary: w.ap, moving: x.ap))
        })
    }
    if !isLater {
      // Such sums are refused before NeuronCore-v4, transposes are not.
      add(
        "a transpose into bfloat16",
        try program("transpose") { builder in
          let w = builder.tile("w", .bfloat16, partitions: 128, free: [128])
          let x = builder.tile("x", .bfloat16, partitions: 128, free: [512])
          let y = builder.tile("y", .bfloat16, partitions: 128, free: [512], in: .psum)
          builder.emit(
            NCMatmul(dst: y.ap, stationary: w.ap, moving: x.ap, isTranspose: true))
        })
    }
    for dtype in [DType.float32, .float16, .bfloat16, .tfloat32, .float8_e4m3, .float8_e5m2] {
      add(
        "a tiled product of \(dtype)",
        try program("tiled") { builder in
          let w = builder.tile("w", dtype, partitions: geometry.peTile, free: [geometry.peTile])
          let x = builder.tile("x", dtype, partitions: geometry.peTile, free: [64])
          let y = builder.tile("y", .float32, partitions: geometry.peTile, free: [64], in: .psum)
          var product = NCMatmul(dst: y.ap, stationary: w.ap, moving: x.ap)
          product.tilePosition = [0, 0]
          product.tileSize = [geometry.peTile, geometry.peTile]
          builder.emit(product)
        })
    }
    if hardware.tensor.doubleRowFactor > 1 {
      add(
        "a product of two rows",
        try program("double") { builder in
          let w = builder.tile("w", .float8_e4m3, partitions: 128, free: [2, 64])
          let x = builder.tile("x", .float8_e4m3, partitions: 128, free: [2, 64])
          let y = builder.tile("y", .float32, partitions: 64, free: [64], in: .psum)
          var product = NCMatmul(
            dst: y.ap, stationary: w.ap, moving: x.ap, performanceMode: .doubleRow)
          product.tilePosition = [0, 0]
          product.tileSize = [geometry.peRows, geometry.peColumns]
          builder.emit(product)
        })
    }
    add(
      "elements of bn_stats",
      try program("bn") { builder in
        let a = builder.tile("a", .float32, partitions: 128, free: [limits.bnStatsElements])
        let s = builder.tile("s", .float32, partitions: 128, free: [6])
        builder.emit(BNStats(dst: s.ap, data: a.ap))
      })
    for elements in [limits.max8Elements.lowerBound, limits.max8Elements.upperBound] {
      add(
        "max8 of \(elements)",
        try program("max8") { builder in
          let a = builder.tile("a", .bfloat16, partitions: 128, free: [elements])
          let m = builder.tile("m", .bfloat16, partitions: 128, free: [8])
          builder.emit(Max8(dst: m.ap, src: a.ap))
        })
    }
    add(
      "sums by DMA",
      try program("sum") { builder in
        let a = builder.tile("a", .float32, partitions: 16, free: [16])
        let b = builder.tile("b", .float32, partitions: 16, free: [16])
        var sum = DMACompute(dst: a.ap, src0: b.ap)
        (sum.src1, sum.src2, sum.src3, sum.src4, sum.src5) = (b.ap, b.ap, b.ap, b.ap, b.ap)
        (sum.src6, sum.src7, sum.src8, sum.src9, sum.src10) = (b.ap, b.ap, b.ap, b.ap, b.ap)
        (sum.src11, sum.src12, sum.src13, sum.src14, sum.src15) = (
          b.ap, b.ap, b.ap, b.ap, b.ap
        )
        builder.emit(sum)
      })
    try addGathers()
    add(
      "forty prepared transfers",
      try program("queue") { builder in
        let x = builder.input("x", .float32, [128, 2560])
        let y = builder.output("y", .float32, [128, 2560])
        let a = builder.tile("a", .float32, partitions: 128, free: [2560])
        for part in 0..<40 {
          let columns = part * 64..<(part + 1) * 64
          builder.emit(
            DMACopy(
              dst: a.columns(columns).ap, src: x.columns(columns).ap, dgeMode: .none))
        }
        builder.emit(DMACopy(dst: y.ap, src: a.ap))
      })
    add(
      "a large tensor",
      try program("large") { builder in
        let x = builder.input("x", .float32, [1 << 20, 64])
        let y = builder.output("y", .float32, [128, 64])
        let a = builder.tile("a", .float32, partitions: 128, free: [64])
        builder.emit(DMACopy(dst: a.ap, src: x.rows(128).ap))
        builder.emit(DMACopy(dst: y.ap, src: a.ap))
      })
    add(
      "ends of the memories",
      try program("ends") { builder in
        let a = builder.tile("a", .uint8, partitions: 128, free: [geometry.sbufBytes / 64 * 64])
        let b = builder.tile("b", .uint8, partitions: 128, free: [geometry.psumBytes], in: .psum)
        let (c, d) = (a.columns(0..<64), b.columns(0..<64))
        builder.emit(TensorCopy(dst: c.ap, src: d.ap))
        builder.emit(Activation(dst: c.ap, op: .exp, data: d.ap))
        builder.emit(Activation(dst: c.ap, op: .silu, data: d.ap))
        builder.emit(Activation(dst: c.ap, op: .gelu, data: d.ap))
        builder.emit(Activation(dst: c.ap, op: .copy, data: d.ap))
        builder.emit(Activation(dst: c.ap, op: .relu, data: d.ap))
        builder.emit(Activation(dst: c.ap, op: .square, data: d.ap))
      })
    add(
      "a trace of all engines", traced: true,
      try KernelName.softmax.make([]).build(geometry))
    // The kernel's own tiles lie where the alignment says.
    let kernels = [KernelName.softmax, .rmsnorm]
    all.append(
      Trial(name: "places of a kernel's tiles", settings: nil) { hardware in
        kernels.map { kernel in
          (try? kernel.make(["tokens=3", "hidden=33"]).build(Geometry(hardware)))
            .map { "\($0.tensors.map(\.address))" } ?? "none"
        }.joined()
      })
    all.append(
      Trial(name: "numbers that reports derive", settings: nil) { hardware in
        "\(hardware.peakTFLOPS) \(hardware.ringsBandwidth) \(hardware.hbmBandwidth)"
          + " \(hardware.peakFLOPsBandwidthRatio)"
      })
  }

  private mutating func addGathers() throws {
    let limits = geometry.limits
    add(
      "a gather of 1000",
      try program("gather") { builder in
        let a = builder.tile("a", .float32, partitions: 128, free: [1000])
        let i = builder.tile("i", .uint32, partitions: 128, free: [1000])
        let b = builder.tile("b", .float32, partitions: 128, free: [1000])
        builder.emit(NCNGather(dst: b.ap, data: a.ap, indices: i.ap))
      })
    add(
      "indices of local_gather",
      try program("local") { builder in
        let count = limits.localGatherIndices
        let a = builder.tile("a", .bfloat16, partitions: 128, free: [16])
        let i = builder.tile("i", .uint16, partitions: 128, free: [count / 16])
        let b = builder.tile("b", .bfloat16, partitions: 128, free: [count])
        builder.emit(LocalGather(dst: b.ap, srcBuffer: a.ap, index: i.ap))
      })
    for (n, k) in [(limits.topKElements, 64), (4 * limits.topKResults / 3, limits.topKResults)] {
      add(
        "topk of \(n), \(k)",
        try program("topk") { builder in
          let a = builder.tile("a", .bfloat16, partitions: 16, free: [n / 16 + 1])
          let v = builder.tile("v", .bfloat16, partitions: 16, free: [1])
          let i = builder.tile("i", .uint32, partitions: 16, free: [1])
          // Only the sizes count here: results repeat one place.
          var values = v.ap
          var places = i.ap
          values.free = FreeDimensions([AccessDimension(stride: 0, size: k)])
          places.free = values.free
          builder.emit(TopK(valDst: values, idxDst: places, src: a.ap, count: n))
        })
    }
  }

  // MARK: - Several cores

  private mutating func addCores() throws {
    let layouts: [(CoreLayout, [any ExchangeOperation])] = [
      (CoreLayout(ranks: 4), [AllReduce()]),
      (CoreLayout(coresPerRank: 2), [SendRecv(), CoreBarrier()]),
    ]
    for (layout, operations) in layouts {
      let programs = try layout.places.map { place in
        try program("cores") { builder in
          // Rows that HBM limits, not the rings.
          let x = builder.input("x\(place.core)", .float32, [128, 4096])
          let y = builder.output("y\(place.core)", .float32, [128, 4096])
          let whole = builder.tile("whole", .float32, partitions: 128, free: [4096])
          let a = whole.columns(0..<256)
          let b = builder.tile("b", .float32, partitions: 128, free: [256])
          builder.emit(DMACopy(dst: whole.ap, src: x.ap))
          for operation in operations {
            switch operation {
            case is AllReduce: builder.emit(AllReduce(dst: b.ap, src: a.ap))
            case is SendRecv:
              for engine in [SendRecvEngine.dma, .gpsimdDMA] {
                builder.emit(
                  SendRecv(
                    dst: b.ap, src: a.ap, sendTo: 1 - place.core, recvFrom: 1 - place.core,
                    dmaEngine: engine))
              }
            default:
              let shared = builder.shared("s", .float32, [128, 256])
              builder.emit(CoreBarrier(data: shared.ap))
            }
          }
          builder.emit(DMACopy(dst: y.ap, src: whole.ap))
        }
      }
      let set = ProgramSet(layout: layout, programs: programs)
      all.append(
        Trial(name: "\(layout.count) cores", settings: nil) { hardware in
          do {
            return try Simulation.run(set, on: hardware, options: Trials.timing).cores
              .map { "\($0.timeline?.total ?? 0)" }.joined(separator: " ")
          } catch {
            return "\(error)"
          }
        })
    }
  }
}

/// A device program written by hand.
private struct DeviceBench {
  var program = DeviceProgram()

  mutating func add(
    _ engine: Engine, _ work: Work, opcode: DeviceOpcode? = nil, waits: [(Int, Int)] = [],
    signals: [Int] = []
  ) {
    let usual: DeviceOpcode =
      switch work {
      case .control: .eventSemaphore
      case .loadWeights: .ldweights
      case .matmul: .matmul
      case .stream: .tensorTensor
      case .trigger: .dmaTrigger
      }
    var instruction = DeviceInstruction(
      engine: engine, opcode: opcode ?? usual, work: work, source: program.instructions.count)
    instruction.firstWait = Int32(program.waits.count)
    instruction.waitCount = UInt16(waits.count)
    instruction.firstUpdate = Int32(program.updates.count)
    instruction.updateCount = UInt16(signals.count)
    for (semaphore, value) in waits {
      program.waits.append(SemaphoreWait(semaphore: Int32(semaphore), value: Int32(value)))
      program.semaphores = max(program.semaphores, semaphore + 1)
    }
    for semaphore in signals {
      program.updates.append(SemaphoreUpdate(semaphore: Int32(semaphore), amount: 1))
      program.semaphores = max(program.semaphores, semaphore + 1)
    }
    program.instructions.append(instruction)
  }

  mutating func matmul(
    moving: Int, rate: MatmulRate = .single, transpose: Bool = false, fourByte: Bool = false,
    columns: Int = 128, strideBytes: Int? = nil
  ) {
    add(
      .tensor,
      .loadWeights(
        LoadWeights(
          rows: 128, columns: columns, fourByte: fourByte, transpose: transpose,
          strideBytes: strideBytes ?? (fourByte ? 4 : 2))))
    add(
      .tensor,
      .matmul(
        Matmul(rows: 128, columns: columns, moving: moving, rate: rate, transpose: transpose)))
  }

  mutating func dma(
    _ engine: Engine, _ mode: DGEMode, rows: Int, bytes: Int, queue: Int = 0,
    writesHBM: Bool = false, kind: DescriptorKind = .contiguous, elements: Int = 0,
    isScratch: Bool = false, readsAnew: Bool = false, inHBM: Bool = true, signals: Int? = nil,
    waits: [(Int, Int)] = []
  ) {
    let first = program.runs.count
    let rings = min(16, rows)
    for ring in 0..<rings {
      program.runs.append(
        DescriptorRun(
          ring: ring, count: rows * (ring + 1) / rings - rows * ring / rings, bytes: bytes,
          elements: elements, kind: kind, writesHBM: writesHBM))
    }
    var transfer = Transfer(
      firstRun: first, runCount: rings, bytes: rows * bytes,
      hbmReadBytes: writesHBM || !inHBM ? 0 : rows * bytes,
      hbmWriteBytes: writesHBM ? rows * bytes : 0, descriptors: rows, queue: queue, mode: mode)
    transfer.isScratch = isScratch
    transfer.readsAnew = readsAnew
    if let signals {
      transfer.completion = SemaphoreUpdate(semaphore: Int32(signals), amount: 16)
      program.semaphores = max(program.semaphores, signals + 1)
    }
    program.transfers.append(transfer)
    add(engine, .trigger(transfer: Int32(program.transfers.count - 1)), waits: waits)
  }
}
