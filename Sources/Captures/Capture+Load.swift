import Device
package import Diagnostics

extension Capture {
  /// Reads a capture: the instruction table at `path` and its siblings.
  ///
  /// The table is `NAME.instr.csv.zst` with `.dma` and `.sem` siblings, or the profiler's own export,
  /// `NAME.instructions.csv.zst` with its `.dma` sibling, or as JSON.
  ///
  /// - Throws: Diagnostics of what cannot be read or is not modelled, each at its row.
  package init(contentsOf path: String) throws(DiagnosticError) {
    if path.hasSuffix(ExportedProfile.suffix) {
      self = try Capture.exported(ExportedProfile(contentsOf: path))
      return
    }
    let isProfile = path.hasSuffix(CapturedTables.profileSuffix)
    let tables = try isProfile ? CapturedTables(profile: path) : CapturedTables(path)
    let origin = tables.instructions.map(\.begin).min() ?? 0
    let name = CapturedTables.name(of: path) ?? path
    let summary =
      try isProfile
      ? CaptureSummary(besideProfile: path, from: origin)
      : CaptureSummary(besideTrace: path, name: name, from: origin)
    try self.init(tables, summary)
  }

  /// The capture of tables that were read.
  init(_ tables: CapturedTables, _ summary: CaptureSummary) throws(DiagnosticError) {
    let path = tables.file
    let origin = tables.instructions.map(\.begin).min() ?? 0
    var builder = ProgramBuilder(file: path)
    try builder.add(tables.instructions)
    if TransferGroups.arePaired(tables.descriptors, from: origin, builder) {
      builder.pairWrites()
    }
    let triggers = builder.triggers.map { index in
      CapturedTrigger(
        instruction: index, engine: builder.program.instructions[index].engine,
        begin: builder.rows[index].begin)
    }
    var notes = builder.notes
    let assigned = TransferAssignment(tables, triggers, builder, from: origin, notes: &notes)
    let groups = assigned.groups
    let matches = assigned.matches
    let elementSizes = Capture.elementCounts(groups)
    let pieceCounts = Capture.writtenPieces(groups, elementSizes)
    let stored = Capture.awaitedByTriggersOnly(builder)

    var measured: [MeasuredTransfer] = []
    program = try builder.finished { (program) throws(DiagnosticError) in
      let numbers = Set(groups.map(\.queue)).sorted()
      let scratch = Capture.scratchQueues(matches, of: program)
      program.queues = numbers.map { "queue \($0)" }
      for trigger in triggers {
        let group = matches[trigger.instruction]
        let index = program.transfers.count
        let row = builder.rows[trigger.instruction]
        let completion = assigned.completions[trigger.instruction]
        let reads =
          row.writesHBM.map { !$0 } ?? completion.map { !stored.contains($0.semaphore) } ?? true
        program.instructions[trigger.instruction].work = .trigger(transfer: Int32(index))
        let mode = Capture.mode(program.instructions[trigger.instruction])
        var transfer: Transfer
        if let group {
          transfer = Capture.append(
            group, elementSizes, pieceCounts, to: &program,
            queue: numbers.firstIndex(of: group.queue) ?? 0,
            mode: mode, reads: reads)
          transfer.isScratch = scratch.contains(group.queue)
        } else {
          transfer = Transfer(
            firstRun: program.runs.count, runCount: 0, bytes: 0, hbmReadBytes: 0,
            hbmWriteBytes: 0, descriptors: 0, queue: 0, mode: mode)
        }
        // Where it reads is not in the tables; generated descriptors were captured of kernels only that
        // read each place once.
        transfer.readsAnew = transfer.hbmReadBytes > 0 && transfer.mode != .none
        if let completion, let number = builder.number(ofSemaphore: completion.semaphore) {
          transfer.completion = SemaphoreUpdate(
            semaphore: number, amount: Int32(completion.increments))
        }
        program.transfers.append(transfer)
        // Nobody waits for one of which nothing is known.
        var complete = completion?.time ?? group?.meanAcknowledged ?? trigger.begin
        if complete < trigger.begin {
          notes.add(
            "a DMA is complete before its trigger began: it is taken for one without latency", row)
          complete = trigger.begin
        }
        measured.append(
          MeasuredTransfer(
            trigger: trigger.begin - origin,
            firstRead: (group?.firstRead ?? trigger.begin) - origin,
            lastRead: (group?.lastRead ?? complete) - origin, complete: complete - origin))
      }
      Capture.leaveOutUnreached(&program, builder.rows, notes: &notes)
      try Capture.checkCounts(program, builder, path)
    }
    transfers = measured
    name = CapturedTables.name(of: path) ?? path
    instructions = builder.rows.map {
      MeasuredInterval(begin: $0.begin - origin, end: $0.end - origin)
    }
    labels = Capture.labels(builder.rows)
    semaphoreNumbers = builder.semaphoreNumbers(of: program)
    self.notes = tables.notes + notes.texts
    ringBusy = Capture.ringBusy(groups)
    clockChanges = summary.clockChanges
    totalTime = summary.totalTime
  }

  /// Engine, index, opcode and operands of each row.
  static func labels(_ rows: [CapturedInstruction]) -> [String] {
    rows.map { row in
      let operands = [row.source, row.destination].filter { !$0.isEmpty }
      return ([row.engine, "\(row.index)", row.opcode] + operands).joined(separator: " ")
    }
  }

  /// Semaphores of the capture that only sequencers and triggers wait for: their transfers take data
  /// out.
  ///
  /// The tables do not say what a transfer reads and writes.
  private static func awaitedByTriggersOnly(_ builder: ProgramBuilder) -> Set<Int> {
    var byCompute: Set<Int> = []
    var byOthers: Set<Int> = []
    for (index, instruction) in builder.program.instructions.enumerated() {
      let computes: Bool
      switch instruction.work {
      case .loadWeights, .matmul, .stream: computes = true
      case .control: computes = instruction.engine == .tensor || instruction.engine == .vector
      case .trigger: computes = false
      }
      for wait in builder.rows[index].waits where wait.semaphore >= 0 {
        if computes {
          byCompute.insert(wait.semaphore)
        } else {
          byOthers.insert(wait.semaphore)
        }
      }
    }
    return byOthers.subtracting(byCompute)
  }

  private static func mode(_ instruction: DeviceInstruction) -> DGEMode {
    if instruction.opcode == .write { return .none }
    return instruction.engine == .gpsimd ? .swdge : .hwdge
  }

  /// Puts a transfer's descriptors into the program as runs of equal ones.
  private static func append(
    _ group: CapturedTransfer, _ elementCounts: [DescriptorShape: Int],
    _ pieceCounts: [DescriptorShape: Int], to program: inout DeviceProgram, queue: Int,
    mode: DGEMode, reads: Bool
  ) -> Transfer {
    let first = program.runs.count
    var count = 0
    let bytes = group.bytes
    for (ring, descriptors) in group.descriptors.enumerated() {
      for descriptor in descriptors {
        let elements = elementCounts[DescriptorShape(descriptor)]
        let run = DescriptorRun(
          ring: ring, count: 1, bytes: descriptor.bytes, elements: elements ?? 1,
          kind: elements == nil ? .contiguous : .elementWrite, writesHBM: !reads,
          pieces: elements == nil ? pieces(descriptor, of: bytes) : 1,
          writtenPieces: reads ? pieceCounts[DescriptorShape(descriptor)] ?? 1 : 1)
        count += 1
        var previous = program.runs.last
        previous?.count = 1
        if program.runs.count > first, previous == run {
          program.runs[program.runs.count - 1].count += 1
        } else {
          program.runs.append(run)
        }
      }
    }
    return Transfer(
      firstRun: first, runCount: program.runs.count - first, bytes: bytes,
      hbmReadBytes: reads ? bytes : 0, hbmWriteBytes: reads ? 0 : bytes, descriptors: count,
      queue: queue, mode: mode)
  }

  /// Rows of a tile that a descriptor takes together: the tables do not say, but the tiles of a kernel
  /// have a row on each of 128 partitions.
  private static func pieces(_ descriptor: CapturedDescriptor, of bytes: Int) -> Int {
    Int((Double(descriptor.bytes) * 128 / Double(max(1, bytes))).rounded())
  }

  /// Descriptors of one queue and size, which are taken to do the same.
  private struct DescriptorShape: Hashable {
    var queue: Int
    var bytes: Int
    init(_ descriptor: CapturedDescriptor) {
      queue = descriptor.queue
      bytes = descriptor.bytes
    }
  }

  /// The number of elements of descriptors that go element by element; none for those of whole rows.
  ///
  /// The tables hold no element sizes. Reading takes a ring one cycle of 0.85 GHz per element, or per
  /// 32 bytes, and about five more; elements have 2 or 4 bytes. Waiting makes it longer, so the
  /// fastest twentieth of a size tells.
  private static func elementCounts(_ groups: [CapturedTransfer]) -> [DescriptorShape: Int] {
    var times: [DescriptorShape: [Int64]] = [:]
    for group in groups {
      for descriptor in group.descriptors.joined() where descriptor.bytes >= 32 {
        times[DescriptorShape(descriptor), default: []].append(
          descriptor.readDone - descriptor.start)
      }
    }
    var counts: [DescriptorShape: Int] = [:]
    for (shape, all) in times {
      let time = all.sorted()[all.count / 20]
      let cycles = Double(time) * 0.85 / 1000
      for size in [4, 2] where shape.bytes % size == 0 {
        let elements = shape.bytes / size
        if abs(cycles - Double(elements) - 5) <= 3, elements > 4 * ((shape.bytes + 31) / 32) {
          counts[shape] = elements
        }
      }
    }
    return counts
  }

  /// By ring: how long at least one of its descriptors was being read.
  private static func ringBusy(_ groups: [CapturedTransfer]) -> [Int64] {
    var rings: [[(Int64, Int64)]] = Array(repeating: [], count: 16)
    for group in groups {
      for (ring, descriptors) in group.descriptors.enumerated() {
        for descriptor in descriptors {
          rings[ring].append((descriptor.start, descriptor.readDone))
        }
      }
    }
    return rings.map { intervals in
      var busy: Int64 = 0
      var reached = Int64.min
      for (begin, end) in intervals.sorted(by: { $0.0 < $1.0 }) where end > reached {
        busy += end - max(begin, reached)
        reached = end
      }
      return busy
    }
  }

  /// The number of pieces that descriptors are written in on chip; none for those of one.
  ///
  /// The tables do not say where descriptors write. A ring begins one after the other 8.8 cycles of
  /// 0.85 GHz per piece apart: descriptors that follow one another evenly, at least four times as far
  /// apart as their bytes take, are taken for such, of pieces of 16 bytes and more.
  private static func writtenPieces(
    _ groups: [CapturedTransfer], _ elementCounts: [DescriptorShape: Int]
  ) -> [DescriptorShape: Int] {
    var gaps: [DescriptorShape: [Int64]] = [:]
    for group in groups {
      for ring in group.descriptors {
        for (one, next) in zip(ring, ring.dropFirst()) where one.bytes == next.bytes {
          gaps[DescriptorShape(one), default: []].append(next.start - one.start)
        }
      }
    }
    var counts: [DescriptorShape: Int] = [:]
    for (shape, all) in gaps where all.count >= 16 && elementCounts[shape] == nil {
      let sorted = all.sorted()
      let middle = sorted[sorted.count / 2]
      let spread = sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]
      let cycles = Double(middle) * 0.85 / 1000
      let pieces = Int((cycles / 8.8).rounded())
      if cycles > 4 * Double((shape.bytes + 31) / 32 + 4), 16 * pieces <= shape.bytes,
        Double(spread) < 0.2 * Double(middle)
      {
        counts[shape] = pieces
      }
    }
    return counts
  }
}
