import Compiler
import Device
import Formats
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

/// What lines, tensors and memories are told to have taken, against computations of another kind.
@Suite struct AttributionTests {
  /// A kernel at its default shape, timed, with its causes.
  static func report(_ name: KernelName, _ settings: [String] = []) throws -> Report {
    let hardware = try Hardware.load(named: "trn2")
    let kernel = try name.make(settings)
    var options = Simulation.Options()
    options.mode = .timingOnly
    let run = try Simulation.check(
      kernel.programs(Geometry(hardware)), of: kernel, on: hardware, options: options)
    return Report(run, causes: try run.causes())
  }

  static func random(_ seed: UInt64, on hardwareName: String) throws -> Report {
    let hardware = try Hardware.load(named: hardwareName)
    var generator = RunnableGenerator(
      seed: seed, geometry: Geometry(hardware), handsOn: seed % 2 == 0)
    var options = Simulation.Options()
    options.mode = .timingOnly
    let run = try Simulation.run(
      ProgramSet(generator.program(instructions: 80)), on: hardware, options: options)
    return Report(run, causes: try run.causes())
  }

  @Test(arguments: KernelName.allCases) func kernels(_ name: KernelName) throws {
    try requireFigures(AttributionTests.report(name), "\(name)")
  }

  @Test(arguments: 1...UInt64(30), ["trn1", "trn2", "trn3"])
  func randomPrograms(_ seed: UInt64, _ hardware: String) throws {
    try requireFigures(
      AttributionTests.random(seed, on: hardware), "seed \(seed) on \(hardware)")
  }

  private func requireFigures(_ report: Report, _ name: String) throws {
    let core = report.run.slowestCore
    let device = try #require(core.device)
    let timeline = try #require(core.timeline)
    let summary = try #require(report.timed?.summary)
    let subject = Subject(core: report.slowest, report: report)
    // Of each engine the parts add up to what the profiler calls its active time.
    let active = timeline.activeTimes(of: device)
    for engine in Engine.allCases {
      let sum = device.instructions.indices.filter { device.instructions[$0].engine == engine }
        .reduce(0) { $0 + active[$1] }
      #expect(sum == summary[engine].activeTime, "\(engine) \(name)")
    }
    let opcodes = try #require(OpcodesSection(subject))
    #expect(opcodes.uses.reduce(0) { $0 + $1.active } == active.reduce(0, +), "\(name)")
    #expect(opcodes.uses.reduce(0) { $0 + $1.count } == device.instructions.count, "\(name)")
    if let lines = LinesSection(subject) {
      let sum = lines.uses.reduce(into: PartFigures()) { $0 += $1.figures }
      let located = device.instructions.indices.filter {
        let source = Int(device.instructions[$0].source)
        return source >= 0 && core.program.instructions[source].location != nil
      }
      #expect(sum.instructions == located.count, "\(name)")
      #expect(sum.active == located.reduce(0) { $0 + active[$1] }, "\(name)")
      let path = try #require(report.path)
      let known = path.lines.filter { $0.location != nil }.reduce(0) { $0 + $1.time }
      if report.run.cores.count == 1 { #expect(sum.critical == known, "\(name)") }
    }
    try requireTraffic(core, summary, name)
    requireMemory(core, name)
    if let sizes = DMASizesSection(subject) {
      let packets = sizes.sizes.reduce(0) { $0 + $1.descriptors }
      #expect(packets == summary.transfers.packets, "\(name)")
      #expect(sizes.sizes.reduce(0) { $0 + $1.time } == summary.packetTime, "\(name)")
      #expect(sizes.sizes.allSatisfy { $0.contiguousTime <= $0.time }, "\(name)")
    }
    if let roofline = RooflineSection(subject), let intensity = roofline.intensity {
      #expect(summary.metrics["mm_arithmetic_intensity"] == .real(intensity), "\(name)")
      for ceiling in roofline.ceilings where ceiling.bandwidth != nil {
        #expect(
          summary.achievedTFLOPS <= ceiling.height(at: intensity) * (1 + 1e-9),
          "\(ceiling.name) \(name)")
      }
    }
  }

  /// Bytes of HBM add up to what the transfers moved; what was read again is counted byte by byte.
  private func requireTraffic(_ core: CoreRun, _ summary: Summary, _ name: String) throws {
    let traffic = TensorTraffic(core.program, try #require(core.device))
    let hbm = traffic.uses.filter { $0.space == .hbm }
    #expect(hbm.reduce(0) { $0 + $1.readBytes } == summary.hbmReadBytes, "\(name)")
    #expect(hbm.reduce(0) { $0 + $1.writtenBytes } == summary.hbmWriteBytes, "\(name)")
    #expect(traffic.ways.reduce(0) { $0 + $1.count } == summary.transfers.count, "\(name)")
    // Only where going through every element takes no time to speak of.
    guard summary.hbmReadBytes < 1 << 22 else { return }
    var touched: [String: Set<Int>] = [:]
    for instruction in core.program.instructions where type(of: instruction.operation).isDMA {
      for operand in instruction.operation.operands where operand.role == .read {
        let tensor = core.program.tensors[Int(operand.pattern.tensor.index)]
        guard tensor.space == .hbm else { continue }
        let owner = core.program.tensors[Int(core.program.owner(of: operand.pattern.tensor).index)]
        for element in elements(operand.pattern) {
          for byte in 0..<tensor.dtype.size {
            touched[owner.name, default: []].insert(element * tensor.dtype.size + byte)
          }
        }
      }
    }
    for use in hbm where use.reads > 0 {
      guard let distinct = use.distinctBytes else { continue }
      #expect(distinct == touched[use.name]?.count, "\(use.name) \(name)")
      #expect(use.rereadBytes == use.readBytes - distinct)
    }
  }

  /// All elements that a pattern of a tensor in HBM names, one by one.
  private func elements(_ pattern: AccessPattern) -> [Int] {
    var found = (0..<Int(pattern.rows)).map { pattern.offset + $0 * pattern.rowStride }
    for dimension in pattern.free {
      found = found.flatMap { first in
        (0..<Int(dimension.size)).map { first + $0 * Int(dimension.stride) }
      }
    }
    return found
  }

  /// The fullest moment is that of all beginnings, each partition added up anew.
  private func requireMemory(_ core: CoreRun, _ name: String) {
    guard let device = core.device, let timeline = core.timeline else { return }
    let program = core.program
    let lives = TensorLives(program, device, timeline)
    for space in [MemorySpace.sbuf, .psum] {
      let own = lives.lives.filter { program.tensors[$0.tensor].space == space }
      let use = MemoryUse(space, room: 1 << 20, program, lives, until: timeline.total)
      #expect((use == nil) == own.isEmpty, "\(name)")
      guard let use else { continue }
      #expect(use.peak <= program.peakBytes(in: space) || !isPlacedApart(own, program), "\(name)")
      #expect(use.holders.reduce(0) { $0 + $1.bytes } == use.peak, "\(space) \(name)")
      #expect(use.moments.map(\.bytes).max() == use.peak, "\(space) \(name)")
      for moment in use.moments {
        #expect(moment.parts.reduce(0, +) == moment.bytes, "\(space) \(name)")
      }
      guard own.count < 400 else { continue }
      var most = 0
      for moment in own.map(\.begin) {
        var held: [Int: Int] = [:]
        for life in own where life.begin <= moment && moment < life.end {
          let tensor = program.tensors[life.tensor]
          for partition in tensor.partition..<tensor.partition + tensor.partitions {
            held[partition, default: 0] += tensor.freeBytes
          }
        }
        most = max(most, held.values.max() ?? 0)
      }
      #expect(use.peak == most, "\(space) \(name)")
    }
  }

  /// Whether tensors that hold something at the same time never share a byte.
  private func isPlacedApart(_ lives: [TensorLives.Life], _ program: Program) -> Bool {
    guard lives.count < 400 else { return false }
    for (index, one) in lives.enumerated() {
      for other in lives[(index + 1)...] where one.begin < other.end && other.begin < one.end {
        let (a, b) = (program.tensors[one.tensor], program.tensors[other.tensor])
        if a.partition < b.partition + b.partitions, b.partition < a.partition + a.partitions,
          a.address < b.address + b.freeBytes, b.address < a.address + a.freeBytes
        {
          return false
        }
      }
    }
    return true
  }

  /// A product that loads the right operand for each stripe of the left one reads it again so many times.
  @Test func rereadBytesOfAProduct() throws {
    let report = try AttributionTests.report(
      .matmul, ["m=512", "k=256", "n=1024", "block_m=1", "block_n=1", "loop_order=mn"])
    let core = report.run.slowestCore
    let traffic = TensorTraffic(core.program, try #require(core.device))
    let rhs = try #require(traffic.uses.first { $0.name == "rhs" })
    #expect(rhs.distinctBytes == 256 * 1024 * 2)
    #expect(rhs.readBytes % (256 * 1024 * 2) == 0)
    #expect(rhs.rereadBytes == rhs.readBytes - 256 * 1024 * 2)
    let out = try #require(traffic.uses.first { $0.role == .output })
    #expect((out.reads, out.writtenBytes) == (0, 512 * 1024 * 2))
  }

  /// The peaks of types follow from cycles for each column.
  @Test func ceilingsOfTypes() throws {
    let subject = try AttributionTests.report(.matmul, ["dtype=float32"])
    let roofline = try #require(
      RooflineSection(Subject(core: subject.slowest, report: subject)))
    let heights = Dictionary(
      uniqueKeysWithValues: roofline.ceilings.map { ($0.key, $0.compute ?? $0.bandwidth ?? 0) })
    // 2 · 128 · 128 · 2.4 GHz; of float32 two passes of two cycles each.
    #expect(abs((heights["bfloat16"] ?? 0) - 78.6432) < 1e-9)
    #expect(abs((heights["float32"] ?? 0) - 78.6432 / 4) < 1e-9)
    #expect(heights["hbm"] == subject.run.hardware.hbm.bandwidthPerStack)
  }

  /// Bytes are found by pages and words.
  @Test func touchedElements() {
    var touched = TouchedElements()
    func pattern(_ offset: Int, _ rows: Int, _ rowStride: Int, _ stride: Int, _ size: Int)
      -> AccessPattern
    {
      AccessPattern(
        tensor: TensorID(0), rows: rows, rowStride: rowStride, offset: offset,
        free: FreeDimensions([AccessDimension(stride: stride, size: size)]))
    }
    touched.add(pattern(0, 2, 100, 1, 100))
    #expect(touched.count == 200)
    touched.add(pattern(150, 1, 0, 1, 100))
    #expect(touched.count == 250)
    touched.add(pattern(1_000_000, 1, 0, 3, 10))
    #expect(touched.count == 260)
    touched.add(pattern(1_000_000, 1, 0, 0, 10))
    #expect(touched.count == 260)
    touched.add(pattern(65_530, 1, 0, 1, 70_000))
    #expect(touched.count == 70_260)
    touched.add(pattern(40_000_000, 1, 0, 1, 10), scale: (2, 4))
    #expect(touched.count == 70_265)
  }

  @Test(arguments: [
    "lhs_tile.0": "lhs_tile", "a.0.12": "a", "w": "w", "x.y": "x.y", "x.": "x.", ".3": ".3",
    "v2.5": "v2",
  ]) func stems(_ name: String, _ stem: String) { #expect(TensorGroups.stem(name) == stem) }
}
