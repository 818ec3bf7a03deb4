import Device
import Diagnostics
import Hardware
import ISA
import Programs
import Reports

/// DMA starts on another queue.
///
/// A sequencer starts one DMA after the other; what one queue cannot start in time, another can.
struct OtherQueue: Rule {
  let key = "other_queue"
  let summary = "DMA starts on other queues"

  /// From so many DMAs on it is worth a thought.
  ///
  /// Assumed: a handful of starts takes no time to speak of.
  private static let fewest = 8

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    let copies = program.instructions.indices.filter { program.plainCopy($0) != nil }
    guard copies.count >= OtherQueue.fewest else { return [] }
    let queues: [Engine] =
      evidence.hardware.dma.hwdge == nil ? [.sync, .scalar, .gpsimd] : [.sync, .scalar]
    var found: [ProgramChange] = []
    // The queues as they are, with a share of one of them on another.
    for engine in Set(copies.map { program.instructions[$0].resolvedEngine }).sorted(by: {
      $0.rawValue < $1.rawValue
    }) {
      let own = copies.filter { program.instructions[$0].resolvedEngine == engine }
      for other in queues where other != engine {
        guard let moved = half(of: own, program) else { continue }
        // Who starts a DMA whose engine is open, the compiler says.
        let isOpen = own.allSatisfy { program.instructions[$0].engine == nil }
        let whose = isOpen ? "the" : "\(engine.displayName)'s"
        let title = "half of \(whose) DMA starts on the \(other.displayName) queue"
        found += change(title, program, moved.map { ($0, other) }, evidence)
      }
    }
    // Both of the hardware's queues take all.
    if let second = half(of: copies, program) {
      let title =
        "DMA starts shared by the \(queues[0].displayName) and \(queues[1].displayName) queues"
      let others = Set(second)
      found += change(
        title, program, copies.map { ($0, others.contains($0) ? queues[1] : queues[0]) }, evidence)
    }
    return found
  }

  /// About half of some copies, whole lines of the source where there are several; `nil` where there is one.
  private func half(of copies: [Int], _ program: Program) -> [Int]? {
    guard copies.count > 1 else { return nil }
    var byLine: [SourceLocation: [Int]] = [:]
    for index in copies {
      if let location = program.instructions[index].location {
        byLine[location, default: []].append(index)
      }
    }
    let lines = byLine.sorted {
      ($1.value.count, $0.key.description) < ($0.value.count, $1.key.description)
    }
    guard lines.count > 1, lines.reduce(0, { $0 + $1.value.count }) == copies.count else {
      return stride(from: 1, to: copies.count, by: 2).map { copies[$0] }
    }
    // The longest first, each to whom has less.
    var kept = 0
    var moved: [Int] = []
    for line in lines {
      if moved.count < kept {
        moved += line.value
      } else {
        kept += line.value.count
      }
    }
    // Lines that differ much leave the queues as uneven as they were.
    return moved.count * 4 >= copies.count
      ? moved.sorted() : stride(from: 1, to: copies.count, by: 2).map { copies[$0] }
  }

  private func change(
    _ title: String, _ program: Program, _ moves: [(index: Int, engine: Engine)],
    _ evidence: Evidence
  ) -> [ProgramChange] {
    var changed = program
    for (index, engine) in moves {
      changed.instructions[index].engine = engine
      // Software's descriptors are GpSimd's to make.
      if engine != .gpsimd, let copy = program.plainCopy(index), copy.dgeMode == .swdge {
        var copy = copy
        copy.dgeMode = .unknown
        changed.instructions[index].operation = copy
      }
    }
    guard changed.isSound(evidence.geometry, moves.map(\.index)) else { return [] }
    var texts: [String] = []
    var lines: [SourceLocation] = []
    for engine in Engine.allCases {
      let own = moves.filter { $0.engine == engine }.map(\.index)
      let places = Set(own.compactMap { program.instructions[$0].location })
        .sorted { $0.description < $1.description }
      guard !own.isEmpty else { continue }
      lines += places
      // Lines of which others start some.
      let shared = places.filter { place in
        moves.contains { $0.engine != engine && program.instructions[$0.index].location == place }
          || moves.count { $0.engine == engine && program.instructions[$0.index].location == place }
            < program.instructions.count { $0.location == place }
      }
      for (which, places) in [
        ("", places.filter { !shared.contains($0) }), ("every second ", shared),
      ]
      where !places.isEmpty {
        texts.append(
          "engine=nisa.engine.\(engine.name) for \(which)dma_copy at "
            + places.map(\.shortText).joined(separator: ", "))
      }
      if places.isEmpty {
        texts.append("engine=nisa.engine.\(engine.name) for \(grouped(own.count)) dma_copy")
      }
    }
    return [ProgramChange(title, how: texts.joined(separator: "; "), lines: lines, changed)]
  }
}
