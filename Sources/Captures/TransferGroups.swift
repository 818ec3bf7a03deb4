import Device
import Diagnostics

/// What the descriptor table says about one transfer.
struct CapturedTransfer {
  var queue: Int
  /// Its place in its queue.
  var order: Int
  /// Descriptors by ring, in order.
  var descriptors: [[CapturedDescriptor]]
  var firstRead: Int64
  var lastRead: Int64
  /// Mean over the rings of the last write's acknowledgement.
  var meanAcknowledged: Int64
  var bytes: Int { descriptors.joined().reduce(0) { $0 + $1.bytes } }
}

/// Cuts each queue's descriptors into transfers.
///
/// A ring ends its part of a transfer with a 4-byte write to the semaphore: alone (dynamic
/// descriptors) or appended to the last payload (static ones), so the part's last descriptor has a
/// size of 4 modulo 8. Queues whose descriptors show no such end have equal parts.
enum TransferGroups {
  /// The queue through which the runtime fetches instructions (profiler export, `queue_type`).
  private static let instructionQueue = 14

  /// Whether the table has as many transfers as there are triggers when two WRITEs start one.
  static func arePaired(
    _ descriptors: [CapturedDescriptor], from begin: Int64, _ builder: ProgramBuilder
  ) -> Bool {
    guard !descriptors.isEmpty else { return false }
    let writes = builder.triggers.count { builder.program.instructions[$0].opcode == .write }
    guard writes > 0, writes % 2 == 0 else { return false }
    let all = builder.triggers.count
    if (try? cut(descriptors, from: begin, expected: all, file: "")) != nil { return false }
    return (try? cut(descriptors, from: begin, expected: all - writes / 2, file: "")) != nil
  }

  /// All transfers of the user region; `expected` is the number of triggers.
  static func cut(
    _ descriptors: [CapturedDescriptor], from begin: Int64, expected: Int, file: String
  ) throws(DiagnosticError) -> [CapturedTransfer] {
    var queues: [Int: [[CapturedDescriptor]]] = [:]
    for descriptor in descriptors
    where descriptor.start >= begin && descriptor.queue != instructionQueue {
      queues[descriptor.queue, default: Array(repeating: [], count: 16)][descriptor.ring]
        .append(descriptor)
    }
    var found: [CapturedTransfer] = []
    var unmarked: [(queue: Int, rings: [[CapturedDescriptor]])] = []
    for (queue, rings) in queues.sorted(by: { $0.key < $1.key }) {
      let marked = rings.map { ring in ring.count { $0.bytes % 8 == 4 } }
      let transfers = marked.max() ?? 0
      if transfers == 0 {
        unmarked.append((queue, rings))
        continue
      }
      var parts: [[[CapturedDescriptor]]] = Array(
        repeating: Array(repeating: [], count: 16), count: transfers)
      for (number, ring) in rings.enumerated() {
        var part = 0
        for descriptor in ring where part < transfers {
          parts[part][number].append(descriptor)
          if descriptor.bytes % 8 == 4 { part += 1 }
        }
      }
      found += parts.enumerated().map { transfer($0.element, queue: queue, order: $0.offset) }
    }
    if unmarked.count == 1, let (queue, rings) = unmarked.first, expected > found.count {
      let count = expected - found.count
      for order in 0..<count {
        let parts = rings.map { ring in
          Array(ring[ring.count * order / count..<ring.count * (order + 1) / count])
        }
        found.append(transfer(parts, queue: queue, order: order))
      }
    }
    guard found.count == expected else {
      throw DiagnosticError(
        "the DMA table holds \(found.count) transfers and the stream \(expected) triggers",
        at: SourceLocation(file: file, line: 0),
        remedy: "both tables must be of the same run, and whole")
    }
    return found
  }

  private static func transfer(
    _ parts: [[CapturedDescriptor]], queue: Int, order: Int
  ) -> CapturedTransfer {
    let ends = parts.compactMap { $0.last?.acknowledged }
    return CapturedTransfer(
      queue: queue, order: order, descriptors: parts,
      firstRead: parts.compactMap { $0.first?.start }.min() ?? 0,
      lastRead: parts.compactMap { $0.last?.readDone }.max() ?? 0,
      meanAcknowledged: ends.reduce(0, +) / Int64(max(1, ends.count)))
  }
}
