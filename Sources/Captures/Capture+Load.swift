import Device
public import Diagnostics

extension Capture {
  /// Reads a capture: the instruction table at `path` and its siblings.
  ///
  /// The table is `NAME.instr.csv.zst` with `.dma` and `.sem` siblings, or the profiler's own export,
  /// `NAME.instructions.csv.zst` with its `.dma` sibling.
  ///
  /// - Throws: Diagnostics of what cannot be read or is not modelled, each at its row.
  public init(contentsOf path: String) throws(DiagnosticError) {
    let isProfile = path.hasSuffix(CapturedTables.profileSuffix)
    let tables = try isProfile ? CapturedTables(profile: path) : CapturedTables(path)
    let origin = tables.instructions.map(\.begin).min() ?? 0
    var builder = ProgramBuilder(file: path)
    try builder.add(tables.instructions)
    let triggers = builder.triggers.map { index in
      CapturedTrigger(
        instruction: index, engine: builder.program.instructions[index].engine,
        begin: builder.rows[index].begin)
    }
    let groups = try TransferGroups.cut(
      tables.descriptors, from: origin, expected: triggers.count, file: path)
    let elementSizes = Capture.elementCounts(groups)
    let matches = try TriggerMatcher(triggers, groups).match(file: path)
    let stored = Capture.awaitedByTriggersOnly(builder)
    let completions = Capture.completions(groups, tables.increments, from: origin)

    var measured: [MeasuredTransfer] = []
    program = try builder.finished { (program) throws(DiagnosticError) in
      let numbers = Set(groups.map(\.queue)).sorted()
      let scratch = Capture.scratchQueues(matches, of: program)
      program.queues = numbers.map { "queue \($0)" }
      for trigger in triggers {
        guard let group = matches[trigger.instruction] else { continue }
        let index = program.transfers.count
        let row = builder.rows[trigger.instruction]
        let completion =
          row.completion.map {
            Completion(
              semaphore: $0.semaphore, increments: $0.increments,
              time: group.lastRead + CapturedTables.semaphoreVisible, mean: group.meanAcknowledged)
          } ?? completions[CompletionKey(group)]
        let reads =
          row.writesHBM.map { !$0 } ?? completion.map { !stored.contains($0.semaphore) } ?? true
        program.instructions[trigger.instruction].work = .trigger(transfer: Int32(index))
        var transfer = Capture.append(
          group, elementSizes, to: &program, queue: numbers.firstIndex(of: group.queue) ?? 0,
          mode: Capture.mode(program.instructions[trigger.instruction]),
          reads: reads)
        transfer.isScratch = scratch.contains(group.queue)
        // Where it reads is not in the tables; generated descriptors were captured of kernels only that
        // read each place once.
        transfer.readsAnew = transfer.hbmReadBytes > 0 && transfer.mode != .none
        if let completion, let number = builder.number(ofSemaphore: completion.semaphore) {
          transfer.completion = SemaphoreUpdate(
            semaphore: number, amount: Int32(completion.increments))
        }
        program.transfers.append(transfer)
        measured.append(
          MeasuredTransfer(
            trigger: trigger.begin - origin, firstRead: group.firstRead - origin,
            lastRead: group.lastRead - origin,
            complete: (completion?.time ?? group.meanAcknowledged) - origin))
      }
    }
    transfers = measured
    name = CapturedTables.name(of: path) ?? path
    instructions = builder.rows.map {
      MeasuredInterval(begin: $0.begin - origin, end: $0.end - origin)
    }
    labels = Capture.labels(builder.rows)
    ringBusy = Capture.ringBusy(groups)
    let summary =
      try isProfile
      ? CaptureSummary(besideProfile: path, from: origin)
      : CaptureSummary(besideTrace: path, name: name, from: origin)
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
      for wait in builder.rows[index].wait.split(separator: ";") {
        guard let open = wait.firstIndex(of: "["), let close = wait.firstIndex(of: "]"),
          let number = Int(wait[wait.index(after: open)..<close])
        else { continue }
        if computes { byCompute.insert(number) } else { byOthers.insert(number) }
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
    to program: inout DeviceProgram, queue: Int, mode: DGEMode, reads: Bool
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
          pieces: elements == nil ? pieces(descriptor, of: bytes) : 1)
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

  // MARK: - Completions

  private struct CompletionKey: Hashable {
    var queue: Int
    var order: Int
    init(_ transfer: CapturedTransfer) {
      queue = transfer.queue
      order = transfer.order
    }
  }

  private struct Completion {
    var semaphore: Int
    var increments: Int
    /// Time of its last increment.
    var time: Int64
    var mean: Int64
  }

  /// Finds each transfer's semaphore: the one whose increments come when its rings end.
  private static func completions(
    _ groups: [CapturedTransfer], _ increments: [CapturedIncrement], from begin: Int64
  ) -> [CompletionKey: Completion] {
    var times: [Int: [Int64]] = [:]
    for increment in increments where increment.time >= begin {
      times[increment.semaphore, default: []].append(increment.time)
    }
    let rings = groups.map { $0.descriptors.count { !$0.isEmpty } }.max() ?? 16
    var found: [Completion] = []
    for (semaphore, all) in times {
      for first in stride(from: 0, to: all.count - all.count % rings, by: rings) {
        let part = all[first..<first + rings]
        found.append(
          Completion(
            semaphore: semaphore, increments: rings, time: part.last ?? 0,
            mean: part.reduce(0, +) / Int64(rings)))
      }
    }
    found.sort { ($0.mean, $0.semaphore) < ($1.mean, $1.semaphore) }
    let ordered = groups.sorted { $0.meanAcknowledged < $1.meanAcknowledged }
    return Dictionary(
      zip(ordered.map(CompletionKey.init), found), uniquingKeysWith: { first, _ in first })
  }
}
