import Device
import Diagnostics

/// What each engine knows to have completed by the time it reaches an instruction.
///
/// Knowledge is a vector clock: waiting for an instruction also teaches what that instruction's
/// engine knew. It makes waits that are already implied disappear, and it decides races.
struct KnownCompletions {
  private static let lanes = Engine.allCases.count
  /// Position of the last instruction of each lane that each engine knows to have completed; the
  /// engine's lanes are neighbours.
  private var clocks: [Int32]
  /// The clock of each device instruction's engine when it was issued.
  private var sealed: [Int32] = []
  private let tracksTransfers: Bool
  private var transfers: [Set<Int32>]
  private var sealedTransfers: [Set<Int32>] = []
  /// Engines that waited for a transfer, as a bit set.
  private var waited: [UInt8] = []

  /// Nothing is known.
  ///
  /// - Parameters:
  ///   - tracksTransfers: whether knowledge of transfers spreads too (for races).
  ///   - count: how many device instructions there will be, about.
  init(tracksTransfers: Bool, expecting count: Int) {
    sealed.reserveCapacity(count * Self.lanes)
    self.tracksTransfers = tracksTransfers
    clocks = Array(repeating: -1, count: Self.lanes * Self.lanes)
    transfers = Array(repeating: [], count: Self.lanes)
  }

  func knows(_ position: Int32, of lane: Engine, on engine: Engine) -> Bool {
    clocks[Int(engine.rawValue) * Self.lanes + Int(lane.rawValue)] >= position
  }

  func knows(transfer: Int, on engine: Engine) -> Bool {
    transfers[Int(engine.rawValue)].contains(Int32(transfer))
  }

  /// The engine waits for a device instruction; `false` when it need not.
  mutating func learn(
    _ index: Int, at position: Int32, of lane: Engine, on engine: Engine
  ) -> Bool {
    if knows(position, of: lane, on: engine) { return false }
    adopt(index, on: engine)
    clocks[Int(engine.rawValue) * Self.lanes + Int(lane.rawValue)] = position
    return true
  }

  /// The engine waits for a transfer; `false` when it has done so before.
  ///
  /// - Parameter trigger: the device instruction that starts it; what its engine had waited for then
  ///   has completed too.
  mutating func learn(transfer: Int, trigger: Int, on engine: Engine) -> Bool {
    while waited.count <= transfer { waited.append(0) }
    let bit: UInt8 = 1 << engine.rawValue
    if waited[transfer] & bit != 0 { return false }
    waited[transfer] |= bit
    adopt(trigger, on: engine)
    if tracksTransfers { transfers[Int(engine.rawValue)].insert(Int32(transfer)) }
    return true
  }

  /// What was known at a device instruction, the engine knows now.
  private mutating func adopt(_ index: Int, on engine: Engine) {
    let mine = Int(engine.rawValue)
    let first = mine * Self.lanes
    for lane in 0..<Self.lanes {
      clocks[first + lane] = max(clocks[first + lane], sealed[index * Self.lanes + lane])
    }
    if tracksTransfers { transfers[mine].formUnion(sealedTransfers[index]) }
  }

  /// Remembers what the engine knows at a device instruction; once for each, in order.
  mutating func seal(_ index: Int, on engine: Engine) {
    Invariant.sealedInOrder.require(
      sealed.count == index * Self.lanes,
      "instruction \(index) after \(sealed.count / Self.lanes)")
    let first = Int(engine.rawValue) * Self.lanes
    for lane in 0..<Self.lanes { sealed.append(clocks[first + lane]) }
    if tracksTransfers { sealedTransfers.append(transfers[Int(engine.rawValue)]) }
  }
}
