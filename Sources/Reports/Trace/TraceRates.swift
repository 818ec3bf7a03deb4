import Device
import Hardware
import Timing

/// What a core did per time, in equal stretches of it: bytes of DMAs and of HBM, operations of the PE array.
///
/// Rates of single transfers cannot be added up: each would be spread evenly over a time in which its descriptors
/// waited for others'.
struct TraceRates {
  /// Length of a stretch.
  let width: Picoseconds
  /// When the first one begins.
  let begin: Picoseconds
  private let traffic: Traffic
  /// By stretch: operations that are no transposes.
  private var operations: [Double]
  private let peak: Double

  /// At least so long, so that descriptors are many.
  static let shortest: Picoseconds = 100_000
  /// At most so many: more than a screen has columns.
  static let most = 4096

  init(
    _ device: DeviceProgram, _ timeline: Timeline, _ hardware: Hardware,
    _ window: Range<Picoseconds>
  ) {
    let range = window.clamped(to: 0..<max(1, timeline.total))
    let length = max(1, range.upperBound - range.lowerBound)
    let count = Int(min(Picoseconds(TraceRates.most), max(1, length / TraceRates.shortest)))
    traffic = Traffic(
      of: device, timeline, on: hardware, over: range.lowerBound..<range.lowerBound + length,
      in: count)
    (width, begin) = (traffic.width, traffic.begin)
    operations = Array(repeating: 0, count: count)
    peak = hardware.peakTFLOPS
    addOperations(device, timeline, hardware)
  }

  /// A product's operations belong to the time until the next product begins, which is when the array has taken in
  /// its columns.
  private mutating func addOperations(
    _ device: DeviceProgram, _ timeline: Timeline, _ hardware: Hardware
  ) {
    var before: (operations: Double, begin: Picoseconds, end: Picoseconds)?
    for (index, instruction) in device.instructions.enumerated() {
      guard case .matmul(let matmul) = instruction.work else { continue }
      let timing = timeline.instructions[index]
      if let before {
        add(before.operations, before.begin, max(before.begin, min(before.end, timing.begin)))
      }
      let done = matmul.transpose ? 0 : Double(Summary.operations(matmul, hardware).count)
      before = (done, timing.begin, timing.end)
    }
    if let before { add(before.operations, before.begin, before.end) }
  }

  private mutating func add(_ amount: Double, _ from: Picoseconds, _ until: Picoseconds) {
    guard amount > 0 else { return }
    let until = max(until, from + 1)
    let all = width * Picoseconds(operations.count)
    let (low, high) = (max(0, from - begin), min(all, until - begin))
    guard low < high else { return }
    for stretch in Int(low / width)...Int((high - 1) / width) {
      let first = Picoseconds(stretch) * width
      let time = min(high, first + width) - max(low, first)
      operations[stretch] += amount * Double(time) / Double(until - from)
    }
  }

  /// Number of stretches.
  var count: Int { operations.count }

  /// When a stretch begins.
  func time(_ stretch: Int) -> Picoseconds { begin + Picoseconds(stretch) * width }

  /// GB/s from and to HBM.
  func hbm(_ stretch: Int) -> Double { perSecond(traffic.hbm[stretch]) }

  /// GB/s of DMAs.
  func dma(_ stretch: Int) -> Double { perSecond(traffic.moved[stretch]) }

  /// Per cent of the PE array's peak.
  func mfu(_ stretch: Int) -> Double {
    guard peak > 0 else { return 0 }
    return rounded(operations[stretch] / (peak * Double(width)) * 100)
  }

  private func perSecond(_ bytes: Double) -> Double { rounded(bytes / Double(width) * 1000) }

  /// Sums of many shares are off by less than that.
  private func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}
