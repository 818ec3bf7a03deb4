import Device
import Diagnostics

/// Which transfer each trigger started, and when it was complete; as far as the tables say.
///
/// With descriptors and semaphore times both are known. Where one table is missing, or does not fit, the
/// other and the stream's waits stand in, and a note says so.
struct TransferAssignment {
  /// A transfer's completion.
  struct Completion {
    /// Semaphore of the capture.
    var semaphore: Int
    var increments: Int
    /// Time of its last increment.
    var time: Int64
    /// Mean time of its increments.
    var mean: Int64
  }

  /// Transfers with descriptors.
  private(set) var groups: [CapturedTransfer] = []
  /// By device instruction of a trigger: its transfer's descriptors.
  private(set) var matches: [Int: CapturedTransfer] = [:]
  /// By device instruction of a trigger.
  private(set) var completions: [Int: Completion] = [:]

  /// A DMA's semaphore is incremented no earlier than this after its trigger: 1.4 us at least in captures.
  private static let least: Int64 = 1_200_000
  /// From a semaphore's last increment to an instruction that waited for it (`semaphores.wait_to_start` of
  /// hwconfigs/trn2.yaml, about).
  private static let hop: Int64 = 23_000

  init(
    _ tables: CapturedTables, _ triggers: [CapturedTrigger], _ builder: ProgramBuilder,
    from origin: Int64, notes: inout CaptureNotes
  ) {
    guard !triggers.isEmpty else { return }
    findDescriptors(tables, triggers, from: origin, notes: &notes)
    // The trigger says what its DMA increments, in the profiler's export.
    for trigger in triggers {
      guard let own = builder.rows[trigger.instruction].completion,
        let group = matches[trigger.instruction]
      else { continue }
      completions[trigger.instruction] = Completion(
        semaphore: own.semaphore, increments: own.increments,
        time: group.lastRead + CapturedTables.semaphoreVisible, mean: group.meanAcknowledged)
    }
    guard completions.isEmpty else { return }
    if assignRotating(tables, triggers, builder, from: origin, notes: &notes) { return }
    let steps = TransferAssignment.steps(builder, triggers: triggers)
    let rings = groups.map { $0.descriptors.count { !$0.isEmpty } }.max() ?? 16
    var found = TransferAssignment.increments(tables, steps, rings: rings, from: origin)
    let isTimed = !found.isEmpty
    if !isTimed {
      notes.add(
        "without semaphore times (.sem), DMAs are complete when the first instruction that waited "
          + "for them began")
      found = TransferAssignment.waits(builder, steps)
    }
    assign(found, triggers, isTimed: isTimed)
  }

  /// Whether every trigger has its descriptors, so that DMA times can be predicted.
  var hasDescriptors: Bool { !matches.isEmpty }

  private mutating func findDescriptors(
    _ tables: CapturedTables, _ triggers: [CapturedTrigger], from origin: Int64,
    notes: inout CaptureNotes
  ) {
    var reason = "the table of descriptors (.dma) is missing"
    if !tables.descriptors.isEmpty {
      do {
        groups = try TransferGroups.cut(
          tables.descriptors, from: origin, expected: triggers.count, file: tables.file)
        if let pairs = TriggerMatcher(triggers, groups).match() {
          matches = pairs
          return
        }
        reason = "the DMA queues cannot be shared out among the triggers of the engines"
      } catch {
        reason = error.diagnostics.first?.message ?? reason
      }
    }
    groups = []
    notes.add("DMA times are the captured ones, not predicted: \(reason)")
  }

  /// Completions of queues whose transfers count on as many semaphores in rotation, where increments were not recorded.
  ///
  /// Counts only go up and waits name absolute values, so the n-th transfer of a queue completes its semaphore's value of
  /// n / semaphores, whether the table has all increments or not (decoded streams of two MoE kernels: 16 semaphores of consecutive
  /// numbers per queue, or as many as it has transfers). A time that was not recorded is the last write's acknowledgement.
  private mutating func assignRotating(
    _ tables: CapturedTables, _ triggers: [CapturedTrigger], _ builder: ProgramBuilder,
    from origin: Int64, notes: inout CaptureNotes
  ) -> Bool {
    guard hasDescriptors else { return false }
    var times: [Int: [Int64]] = [:]
    for increment in tables.increments where increment.time >= origin {
      times[increment.semaphore, default: []].append(increment.time)
    }
    let rings = groups.map { $0.descriptors.count { !$0.isEmpty } }.max() ?? 16
    let recorded = times.values.reduce(0) { $0 + $1.count }
    // Nothing was lost, or there is no table.
    guard recorded > 0, recorded < groups.count * rings else { return false }
    let awaited = TransferAssignment.awaited(builder)
    var queues: [Int: [(instruction: Int, transfer: CapturedTransfer)]] = [:]
    for trigger in triggers {
      guard let transfer = matches[trigger.instruction] else { return false }
      queues[transfer.queue, default: []].append((trigger.instruction, transfer))
    }
    var taken: Set<Int> = []
    var found: [Int: Completion] = [:]
    for (_, unsorted) in queues.sorted(by: { $0.value.count > $1.value.count }) {
      let own = unsorted.sorted { $0.transfer.order < $1.transfer.order }
      let count = min(own.count, TransferAssignment.semaphoresPerQueue)
      guard
        let first = TransferAssignment.block(
          of: count, own.map(\.transfer), awaited, times, rings: rings, taken)
      else { return false }
      for (place, (instruction, transfer)) in own.enumerated() {
        let semaphore = first + place % count
        taken.insert(semaphore)
        let last = (place / count + 1) * rings
        let own = times[semaphore] ?? []
        let isWhole = own.count >= last && own.count % rings == 0
        found[instruction] = Completion(
          semaphore: semaphore, increments: rings,
          time: isWhole ? own[last - 1] : transfer.meanAcknowledged,
          mean: transfer.meanAcknowledged)
      }
    }
    completions = found
    notes.add(
      "\(groups.count * rings - recorded) of \(groups.count * rings) increments of semaphores by DMAs were not recorded: "
        + "their times are the last writes' acknowledgements")
    return true
  }

  /// Semaphores that the transfers of a queue count on in rotation.
  private static let semaphoresPerQueue = 16

  /// By semaphore of the capture that no instruction updates: the largest value that is waited for.
  private static func awaited(_ builder: ProgramBuilder) -> [Int: Int] {
    let updated = Set(builder.program.updates.map(\.semaphore))
    var found: [Int: Int] = [:]
    for wait in builder.program.waits where !updated.contains(wait.semaphore) && wait.value > 0 {
      guard let captured = builder.capturedSemaphore(wait.semaphore) else { continue }
      found[captured] = max(found[captured] ?? 0, Int(wait.value))
    }
    return found
  }

  /// The first of the consecutive semaphores that fit a queue best: none counts further than the queue's transfers, and
  /// first increments follow the transfers' acknowledgements.
  private static func block(
    of count: Int, _ transfers: [CapturedTransfer], _ awaited: [Int: Int], _ times: [Int: [Int64]],
    rings: Int, _ taken: Set<Int>
  ) -> Int? {
    var best: (misfit: Int64, first: Int)?
    for first in awaited.keys.sorted() {
      var misfit: Int64 = 0
      var fits = true
      for place in 0..<count {
        let semaphore = first + place
        let own = (transfers.count - place + count - 1) / count * rings
        guard let value = awaited[semaphore], value <= own, !taken.contains(semaphore),
          times[semaphore]?.count ?? 0 <= own
        else {
          fits = false
          break
        }
        if let time = times[semaphore]?.first {
          misfit += abs(time - transfers[place].meanAcknowledged)
        }
        misfit += Int64(own - value) * 1_000_000
      }
      if fits, misfit < best?.misfit ?? .max { best = (misfit, first) }
    }
    return best?.first
  }

  /// By semaphore of the capture that no instruction updates: how much one DMA adds, the largest number
  /// that divides all awaited values.
  private static func steps(
    _ builder: ProgramBuilder, triggers: [CapturedTrigger]
  ) -> [Int: Int] {
    let program = builder.program
    let updated = Set(program.updates.map(\.semaphore))
    var steps: [Int: Int] = [:]
    for wait in program.waits where !updated.contains(wait.semaphore) && wait.value > 0 {
      guard let captured = builder.capturedSemaphore(wait.semaphore) else { continue }
      steps[captured] = divisor(steps[captured] ?? 0, Int(wait.value))
    }
    return steps
  }

  private static func divisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b > 0 { (a, b) = (b, a % b) }
    return a
  }

  /// Completions by the increments of semaphores: as many make one as there are rings.
  private static func increments(
    _ tables: CapturedTables, _ steps: [Int: Int], rings: Int, from origin: Int64
  ) -> [Completion] {
    var times: [Int: [Int64]] = [:]
    for increment in tables.increments where increment.time >= origin {
      times[increment.semaphore, default: []].append(increment.time)
    }
    var found: [Completion] = []
    for (semaphore, all) in times {
      let awaited = steps[semaphore] ?? rings
      // A wait for a later DMA alone does not say how many increments each makes.
      let step = awaited > rings && awaited % rings == 0 ? rings : awaited
      for first in stride(from: 0, to: all.count - all.count % step, by: step) {
        let part = all[first..<first + step]
        found.append(
          Completion(
            semaphore: semaphore, increments: step, time: part.last ?? 0,
            mean: part.reduce(0, +) / Int64(step)))
      }
    }
    return found.sorted { ($0.mean, $0.semaphore) < ($1.mean, $1.semaphore) }
  }

  /// Completions by the begins of what waited for them.
  private static func waits(_ builder: ProgramBuilder, _ steps: [Int: Int]) -> [Completion] {
    var first: [Int: [Int32: Int64]] = [:]
    for (index, instruction) in builder.program.instructions.enumerated() {
      for wait in builder.program.waits(of: instruction) {
        guard let captured = builder.capturedSemaphore(wait.semaphore), steps[captured] != nil
        else { continue }
        let begin = builder.rows[index].begin - hop
        first[captured, default: [:]][wait.value] = min(
          begin, first[captured]?[wait.value] ?? .max)
      }
    }
    var found: [Completion] = []
    for (semaphore, times) in first {
      var reached: Int32 = 0
      for (value, time) in times.sorted(by: { $0.key < $1.key }) {
        found.append(
          Completion(
            semaphore: semaphore, increments: Int(value - reached), time: time, mean: time))
        reached = value
      }
    }
    return found.sorted { ($0.mean, $0.semaphore) < ($1.mean, $1.semaphore) }
  }

  /// Gives each completion a trigger.
  ///
  /// Where each transfer has one, both in the order of time; else each completion the last transfer that
  /// can be meant, since nobody need wait for the ones before it on its queue.
  private mutating func assign(
    _ found: [Completion], _ triggers: [CapturedTrigger], isTimed: Bool
  ) {
    var candidates = triggers.map { trigger in
      (
        instruction: trigger.instruction,
        time: matches[trigger.instruction]?.meanAcknowledged
          ?? trigger.begin + TransferAssignment.least
      )
    }
    candidates.sort { ($0.time, $0.instruction) < ($1.time, $1.instruction) }
    if isTimed && (hasDescriptors || found.count == candidates.count) {
      for (candidate, completion) in zip(candidates, found) {
        completions[candidate.instruction] = completion
      }
      return
    }
    for completion in found {
      let last = candidates.lastIndex { $0.time <= completion.time } ?? candidates.startIndex
      guard candidates.indices.contains(last) else { return }
      completions[candidates[last].instruction] = completion
      candidates.remove(at: last)
    }
  }
}
