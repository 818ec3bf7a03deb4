import Device
package import Timing

/// Where two runs part for the first time.
package struct FirstDifference {
  /// When, in the earlier of the two.
  package var time: Picoseconds
  /// What differs there.
  package var text: String

  /// Compares what engines and queues did, one after the other.
  ///
  /// - Parameter slack: Begins that are no farther apart than this are the same.
  /// - Returns: `nil` where they do the same at the same times.
  package init?(_ one: PageTrack, _ other: PageTrack, slack: Picoseconds = 0) {
    var found: FirstDifference?
    for engine in Engine.allCases {
      let sides = (one.entries(of: engine), other.entries(of: engine))
      let first = FirstDifference(
        engine.displayName, (one.name, other.name), sides.0, sides.1, slack)
      if let first, first.time < found?.time ?? .max { found = first }
    }
    guard let found else { return nil }
    self = found
  }

  /// What one engine did.
  struct Entry {
    var begin: Picoseconds
    var text: String
  }

  private init?(
    _ engine: String, _ names: (String, String), _ one: [Entry], _ other: [Entry],
    _ slack: Picoseconds
  ) {
    // What a capture calls an instruction begins with its engine.
    func named(_ entry: Entry) -> String {
      entry.text.hasPrefix("\(engine) ") ? entry.text : "\(engine)'s \(entry.text)"
    }
    for (left, right) in zip(one, other) {
      if left.text != right.text {
        time = min(left.begin, right.begin)
        text = "\(engine) does \(left.text) in \(names.0) and \(right.text) in \(names.1)"
        return
      }
      if abs(left.begin - right.begin) > slack {
        time = min(left.begin, right.begin)
        text =
          "\(named(left)) begins at \(microseconds(left.begin)) µs in \(names.0) and at \(microseconds(right.begin)) µs in \(names.1)"
        return
      }
    }
    guard one.count != other.count else { return nil }
    let more = one.count > other.count ? one : other
    let next = more[min(one.count, other.count)]
    time = next.begin
    text =
      "\(engine) does \(next.text) in \(one.count > other.count ? names.0 : names.1) alone"
  }
}

extension PageTrack {
  fileprivate func entries(of engine: Engine) -> [FirstDifference.Entry] {
    device.instructions.indices.filter { device.instructions[$0].engine == engine }
      .map { index in
        FirstDifference.Entry(
          begin: timeline.instructions[index].begin, text: text(ofInstruction: index))
      }
  }

  /// The opcode with the tensor that is written, or what a capture calls it.
  private func text(ofInstruction index: Int) -> String {
    let instruction = device.instructions[index]
    guard let program else { return labels[index] }
    let name = instruction.opcode.name
    return program.shortText(Int(instruction.source)).map { "\(name) (\($0))" } ?? name
  }
}
