import Compiler
import Device
import Diagnostics
import Formats
import FoundationEssentials
import Hardware
import ISA
import Machine
import Programs
import Reports
import Simulation
import Storage
import Sweeps
import Timing
import Workloads

/// Drives programs through everything that is made of them: checks, values, passes, lowering, time, reports, traces.
struct ProgramDrive {
  private let machines: [Hardware]

  /// Elements of all inputs and outputs beyond which only time is computed.
  private static let mostElements = 1 << 18
  /// Device instructions beyond which views are left out that look at each of them several times.
  private static let mostInstructions = 2000

  init() throws {
    machines = try ["trn2", "trn1", "trn3"].map { name throws(DiagnosticError) in
      try Hardware.load(named: name)
    }
  }

  /// A machine; most often the second generation's.
  func machine(_ fuzz: FuzzCase) -> Hardware {
    fuzz.random.once(in: 2) ? machines[0] : fuzz.random.pick(machines)
  }

  /// Options of all kinds.
  func options(_ fuzz: FuzzCase) -> Simulation.Options {
    var options = Simulation.Options()
    func rarely(_ body: () -> Void) { if fuzz.random.once(in: 4) { body() } }
    rarely { options.stochasticRoundingSeed = fuzz.seed() }
    rarely { options.precision = .wide }
    rarely { options.coreRaces = fuzz.random.pick(CoreRaces.allCases) }
    options.unwrittenOutputs = fuzz.random.pick(Simulation.UnwrittenOutputs.allCases)
    options.undefinedReads = fuzz.random.pick(UndefinedReads.allCases)
    options.undefinedResults = fuzz.random.once(in: 4) ? .error : .note
    rarely { options.compiler.descriptors = .generated }
    rarely { options.compiler.transformsLoops = false }
    rarely { options.compiler.allowsSpills = false }
    options.compiler.schedule = fuzz.random.pick([nil, .program, .compiler])
    options.compiler.allocation = fuzz.random.pick(AllocationPolicy.allCases)
    return options
  }

  /// Any bits as the inputs of a program.
  ///
  /// - Parameter areWide: whether they have the types that wide types keep them as.
  func inputs(_ program: Program, _ fuzz: FuzzCase, areWide: Bool = false) -> [KernelTensor] {
    let areSmall = fuzz.random.once(in: 2)
    return program.tensors.filter { $0.role.isGiven }.map { given in
      let tensor = areWide ? given.widened : given
      var bytes = [UInt8](repeating: 0, count: max(0, tensor.bytes))
      var random = SeededGenerator(seed: fuzz.seed())
      var at = 0
      while at < bytes.count {
        var word = random.next()
        // Numbers around one and small integers, of which not every sum is NaN.
        if areSmall { word &= 0x3fff_3fff_3fff_3fff }
        for _ in 0..<8 where at < bytes.count {
          bytes[at] = UInt8(truncatingIfNeeded: word)
          word >>= 8
          at += 1
        }
      }
      return KernelTensor(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, bytes: bytes)
    }
  }

  /// Drives programs as far as they go.
  ///
  /// - Parameter mustRun: whether nothing may be wrong with them.
  func drive(_ given: ProgramSet, _ fuzz: FuzzCase, mustRun: Bool = false) {
    var set = given
    let hardware = machine(fuzz)
    var options = options(fuzz)
    if set.layout.coresPerRank > 1 {
      options.coreRaces = fuzz.random.pick([.note, .allow, .fault])
    }
    // Programs of either generation of NKI have their compilers' passes.
    if let generation = fuzz.random.pick([nil, "1", "2"]) {
      for index in set.programs.indices {
        set.programs[index].metadata[Pipeline.generationKey] = generation
      }
    }
    if mustRun {
      options.undefinedResults = .note
      options.compiler.allocation = fuzz.random.pick([.rotate, .firstFit])
      options.compiler.allowsSpills = true
    } else {
      for program in set.programs {
        guard program.check(Geometry(hardware), allowsUnplaced: true).isEmpty else {
          // Whoever runs it all the same is told so.
          refuse(set, hardware, options, fuzz)
          return
        }
      }
    }
    fuzz.reach("checked")
    let elements = set.programs.flatMap(\.tensors).filter(\.hasOwnMemory).reduce(0.0) {
      $0 + $1.shape.reduce(1.0) { $0 * Double($1) }
    }
    if elements > Double(ProgramDrive.mostElements) { options.mode = .timingOnly }
    let isTimed = options.mode == .timingOnly
    let values = (0..<set.layout.ranks).map { rank in
      isTimed ? [] : inputs(of: rank, set, fuzz, areWide: options.precision == .wide)
    }
    let run: Run
    do {
      run = try Simulation.run(set, on: hardware, inputs: values, options: options)
    } catch is NarrowTypesError {
      return fuzz.reach("refused with wide types")
    } catch {
      fuzz.requireTold(error, "run")
      if mustRun { fuzz.fail("does not run: \(error)") }
      return fuzz.reach("refused by the run")
    }
    fuzz.reach("run")
    if run.total == nil && options.compiler.allocation == .infinite {
      let notes = run.cores.flatMap(\.compilerNotes)
      fuzz.require(notes.contains { $0.hasSuffix("there is no time") }, "no time, and no word")
      return fuzz.reach("without room")
    }
    requireTimes(run, fuzz)
    if fuzz.random.once(in: 8) { requireSame(run, set, hardware, values, options, fuzz) }
    if !isTimed, set.layout.count == 1, fuzz.random.once(in: 4),
      run.cores[0].undefinedResults.isEmpty
    {
      verify(set.programs[0], hardware, inputs(set.programs[0], fuzz), fuzz)
    }
    view(run, fuzz)
  }

  /// The inputs of a rank's programs, what they share once.
  private func inputs(
    of rank: Int, _ set: ProgramSet, _ fuzz: FuzzCase, areWide: Bool
  ) -> [KernelTensor] {
    var found: [KernelTensor] = []
    for tensor in set.programs(of: rank).flatMap({ inputs($0, fuzz, areWide: areWide) })
    where !found.contains(where: { $0.name == tensor.name }) {
      found.append(tensor)
    }
    return found
  }

  private func refuse(
    _ set: ProgramSet, _ hardware: Hardware, _ options: Simulation.Options, _ fuzz: FuzzCase
  ) {
    var timed = options
    timed.mode = .timingOnly
    timed.precision = .precise
    do {
      _ = try Simulation.run(set, on: hardware, options: timed)
      fuzz.fail("a program that the check refuses runs")
    } catch {
      fuzz.requireTold(error, "check")
    }
    fuzz.reach("refused by the check")
  }

  // MARK: - What must hold

  /// Times are of this world, and no part is busy for longer than the whole.
  private func requireTimes(_ run: Run, _ fuzz: FuzzCase) {
    for core in run.cores {
      guard let timeline = core.timeline, let device = core.device else {
        fuzz.fail("a core without time")
        continue
      }
      let total = timeline.total
      fuzz.require(total >= 0 && total < 1 << 61, "the total is \(total) ps")
      fuzz.require(
        timeline.instructions.count == device.instructions.count,
        "\(timeline.instructions.count) times of \(device.instructions.count) instructions")
      for (index, timing) in timeline.instructions.enumerated()
      where timing.head < 0 || timing.head > timing.begin || timing.begin >= timing.end
        || timing.end > total
      {
        fuzz.fail(
          "device instruction \(index) lives from \(timing.head), \(timing.begin) to \(timing.end) of \(total)"
        )
        break
      }
      for (index, timing) in timeline.transfers.enumerated()
      where timing.trigger < 0 || timing.trigger > timing.queued || timing.queued > timing.firstRead
        || timing.firstRead > timing.lastRead || timing.lastRead > timing.complete
        || timing.complete > total
      {
        fuzz.fail("transfer \(index) has the times \(timing) of \(total)")
        break
      }
      for (ring, busy) in timeline.ringBusy.enumerated() {
        fuzz.require(busy >= 0 && busy <= total, "ring \(ring) is busy for \(busy) of \(total)")
      }
      let bounds = timeline.bounds
      for bound in bounds.engines + bounds.starts + [
        bounds.rings, bounds.hbm, bounds.dependencyChain,
      ] {
        fuzz.require(bound >= 0 && bound <= total, "a bound of \(bound) with a time of \(total)")
      }
    }
  }

  /// The same programs on the same inputs give the same again.
  private func requireSame(
    _ run: Run, _ set: ProgramSet, _ hardware: Hardware, _ inputs: [[KernelTensor]],
    _ options: Simulation.Options, _ fuzz: FuzzCase
  ) {
    do {
      let again = try Simulation.run(set, on: hardware, inputs: inputs, options: options)
      fuzz.require(again.outputs == run.outputs, "other values the second time")
      for (one, other) in zip(run.cores, again.cores) {
        fuzz.require(
          one.timeline?.instructions == other.timeline?.instructions
            && one.timeline?.transfers == other.timeline?.transfers, "other times the second time")
        fuzz.require(one.device == other.device, "other instructions the second time")
      }
      fuzz.reach("repeated")
    } catch {
      fuzz.fail("fails the second time: \(error)")
    }
  }

  /// Each pass of both compilers keeps the values.
  private func verify(
    _ program: Program, _ hardware: Hardware, _ inputs: [KernelTensor], _ fuzz: FuzzCase
  ) {
    for generation in ["1", "2"] {
      var program = program
      program.metadata[Pipeline.generationKey] = generation
      var options = CompilerOptions()
      options.schedule = .compiler
      options.keepsPrograms = true
      options.keepsTensors = true
      do {
        let compiled = try Simulation.compiled(program, on: hardware, options: options)
        do {
          try Simulation.verify(compiled, of: program, on: hardware, inputs: inputs)
          fuzz.reach("verified")
        } catch let error as DiagnosticError {
          if error.diagnostics.contains(where: {
            $0.message.contains("after '") || $0.message.contains("changes element")
          }) {
            fuzz.fail("generation \(generation): \(error)")
          }
        }
      } catch {
        fuzz.requireTold(error, "compile")
      }
    }
  }

  // MARK: - Views

  private func view(_ run: Run, _ fuzz: FuzzCase) {
    do {
      let count = run.cores.reduce(0) { $0 + ($1.device?.instructions.count ?? 0) }
      let isSmall = count <= ProgramDrive.mostInstructions
      let gains =
        isSmall && fuzz.random.once(in: 16)
        ? try WhatIf.gains(of: run, runner: ParallelRunner(width: 1)) : nil
      let causes = isSmall && fuzz.random.once(in: 3) ? try run.causes() : nil
      let report = Report(run, gains: gains, causes: causes)
      let width = fuzz.random.pick([20, 40, 80, 80, 120, 300])
      fuzz.requirePrintable(report.text(width: width), "the report")
      fuzz.requireJSON(report.detailedJSON, "the report")
      for (name, metric) in report.timed?.summary.metrics ?? [:] {
        fuzz.require(metric.number.isFinite && metric.number >= 0, "\(name) is \(metric.number)")
        if name.hasSuffix("active_time_percent") {
          fuzz.require(metric.number <= 1.000001, "\(name) is \(metric.number)")
        }
      }
      if fuzz.random.once(in: 4) {
        _ = report.markdown
        _ = report.blocks(of: Set(Report.onRequest)).text(on: Page(width: width))
        _ = report.summaryJSON
        fuzz.requireJSON(report.json, "the short report")
      }
      if let causes, fuzz.random.once(in: 2) {
        let annotation = try Annotation(run, causes, sources: SourceTexts())
        _ = annotation.lineBlocks(AnnotationView()).text(on: Page(width: width))
        _ = annotation.scopeBlocks(AnnotationView(isWhole: true)).text(on: Page(width: width))
      }
      if isSmall, fuzz.random.once(in: 8), run.total ?? 0 > 0 {
        _ = try TextTimeline(run).blocks(width: width).text(on: Page(width: width))
      }
      if isSmall, fuzz.random.once(in: 32) {
        try HTMLPage.write(report, to: "\(fuzz.scratch)/page.html")
        fuzz.reach("page")
      }
      fuzz.reach("reported")
      if fuzz.random.once(in: 4) { try trace(run, fuzz) }
    } catch {
      fuzz.fail("what has run has no report: \(error)")
    }
  }

  /// A trace, read back.
  private func trace(_ run: Run, _ fuzz: FuzzCase) throws {
    var options = TraceOptions()
    options.detail = fuzz.random.pick([nil, .lean, .full])
    options.flows = fuzz.random.pick(TraceOptions.Flows.allCases)
    options.level = 1
    let total = run.total ?? 0
    let isPart = total > 0 && fuzz.random.once(in: 4)
    if isPart {
      let from = Int64(fuzz.random.pick(0...Int(total)))
      options.window = from..<(from + 1 + Int64(fuzz.random.pick(0...Int(total))))
    }
    let path = "\(fuzz.scratch)/trace.pftrace.zst"
    let counts = try PerfettoTrace.write(run, to: path, options: options)
    let read = try TraceStatistics(of: path)
    fuzz.require(read.damage == nil, "the trace is damaged: \(read.damage?.message ?? "")")
    fuzz.require(
      read.slices == counts.slices && read.samples == counts.samples,
      "the trace has \(read.slices) slices and \(read.samples) samples, \(counts.slices) and \(counts.samples) were written"
    )
    fuzz.requireJSON(read.json, "the trace's statistics")
    fuzz.reach("traced")
  }
}
