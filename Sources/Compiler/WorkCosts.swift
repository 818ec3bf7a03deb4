import Device
import Hardware
import ISA
import Machine
import Programs
import Timing

/// What instructions take for ordering: the prices that Timing charges for their device work, each by itself.
///
/// The vendor's compiler has a cost model of its own, which is not published (`assumed`: it knows what the machine takes).
struct WorkCosts {
  /// What one instruction takes, in ns.
  struct Cost {
    /// The engine, until it can begin the next.
    var busy = 0.0
    /// From the update that a DMA waits for to its begin; 0 for the work of engines.
    var wait = 0.0
    /// A DMA's descriptors: from the begin to their arrival at the rings, and the part of all rings that they take.
    var arrival = 0.0
    var share = 0.0
    /// From the begin, or for a DMA from the end of its share, until what needs the result can begin.
    var result = 0.0

    /// From the begin until then, when nothing is in the way.
    var length: Double { arrival + share + result }
  }

  /// From the moment that an engine can begin the next until what needs the result can begin, in ns.
  ///
  /// Pipelines, semaphores and dispatch together, for what captures of the attention kernels show of their order (assumed
  /// beyond that; ACCURACY 63). Timing's latencies in their place, 30 to 70 ns shorter, worsen the order: fused attention of 4096 tokens
  /// in float32 would be 27.2 % faster than the device in place of 24.1 %.
  private func delay(of engine: Engine) -> Double {
    switch engine {
    case .tensor: isWhole ? 300 : 60
    case .vector, .sync: isWhole ? 220 : 90
    case .scalar: isWhole ? 250 : 120
    case .gpsimd: isWhole ? 220 : 100
    }
  }

  /// What the first generation's estimate takes a product for, as a share of the array's time at its full clock.
  ///
  /// In all captures of attention in float32, copies of products go to Scalar and Vector in turn, as if the next product were there
  /// before Scalar has copied the last; the array takes twice as long as Scalar. Copies of four transposes, half as long for
  /// the array, are Scalar's. In bmm's counters Vector is busy for 1539 µs and Scalar for 1077, where an order that
  /// knew the array's time would give all of 4608 copies to Scalar. A quarter fits float32, whose columns take four cycles;
  /// that it is the same in bfloat16 and float16 is from times (captured convolutions in float16: 12 and 14 % fast without).
  private static let productShare = 0.25

  private let prices: WorkPrices
  private let descriptors: DescriptorSplit
  private var emitter: Emitter
  private var runs: [DescriptorRun] = []
  /// What transfers take that were asked for before: loops ask for few different ones.
  private var transfers: [Transferred: Cost?] = [:]

  /// All that a transfer's price follows from.
  private struct Transferred: Hashable {
    var shape: TransferShape
    var engine: Engine
    var isScratch: Bool

    func hash(into hasher: inout Hasher) {
      hasher.combine(shape.bytes)
      hasher.combine(shape.descriptors)
      hasher.combine(engine)
    }
  }

  /// Whether delays are Timing's, semaphores included, as the second generation's order needs them: with the shorter ones AWS's
  /// published matmul v1 and v2, whose DMAs follow one another at the software's pace, would take 18 and 51 % longer.
  private let isWhole: Bool

  init(_ draft: Draft, isWhole: Bool) {
    self.isWhole = isWhole
    let hardware = draft.machine.hardware
    prices = WorkPrices(hardware)
    descriptors = DescriptorSplit(hardware)
    emitter = Emitter(
      engine: .tensor, tensors: draft.head.tensors, geometry: Geometry(hardware))
  }

  /// What an instruction takes on an engine.
  mutating func cost(_ node: Node, on engine: Engine) -> Cost {
    emitter.begin(on: engine)
    node.operation.lower(into: &emitter)
    var work = WorkPrice()
    var share = 1.0
    var cost = Cost()
    var address = 0.0
    for emission in emitter.emissions {
      switch emission.kind {
      case .work where emission.opcode.makesAddress:
        address += prices.address(emission.opcode)
      case .work(let asked):
        prices.add(asked, on: engine, to: &work)
        if case .matmul(let matmul) = asked, !matmul.transpose, !isWhole {
          share = Self.productShare
        }
      case .transfer(let shape): add(shape, emission, on: engine, to: &cost)
      case .exchange: break
      }
    }
    work.busy *= share
    // The next DMA's address is made while this one's descriptors are.
    if address > 0 { cost.busy = address + prices.addressToNext }
    cost.busy += work.busy
    if !node.isDMA { cost.result += work.busy + delay(of: engine) }
    return cost
  }

  private mutating func add(
    _ shape: TransferShape, _ emission: Emission, on engine: Engine, to cost: inout Cost
  ) {
    var isScratch = true
    for operand in emission.reads.lowerBound..<emission.writes.upperBound
    where emitter.place(emitter.operands[operand]).role != .scratch {
      isScratch = false
    }
    let asked = Transferred(shape: shape, engine: engine, isScratch: isScratch)
    let own: Cost?
    if let known = transfers[asked] {
      own = known
    } else {
      own = price(asked)
      transfers[asked] = .some(own)
    }
    guard let own else { return }
    cost.busy += own.busy
    cost.wait = own.wait
    cost.arrival += own.arrival
    cost.share += own.share
    cost.result += own.result
  }

  /// What a transfer takes by itself; `nil` where the engine cannot start it.
  private mutating func price(_ asked: Transferred) -> Cost? {
    runs.removeAll(keepingCapacity: true)
    let mode = descriptors.mode(asked.shape.mode, on: asked.engine)
    var transfer = descriptors.split(asked.shape, mode, into: &runs)
    transfer.isScratch = asked.isScratch
    guard let price = prices.price(transfer, runs, on: asked.engine) else { return nil }
    return Cost(
      busy: price.busy, wait: prices.wait(mode, on: asked.engine), arrival: price.arrival,
      share: price.share, result: price.longest - price.share + price.visible)
  }
}
