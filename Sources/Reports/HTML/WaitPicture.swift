import Diagnostics
import Glibc

/// Who waits for whom, as boxes around a circle with arrows between them; those of a circle of waits stand out.
struct WaitPicture {
  private static let width = 960.0
  private static let box = (width: 220.0, height: 50.0)

  private let graph: WaitGraph
  private let shown: [Int]

  init(_ graph: WaitGraph) {
    self.graph = graph
    shown = graph.shownMembers
  }

  private var height: Double { max(260, Double(shown.count) * 62 + 60) }

  /// Middles of the boxes, by member.
  private var places: [Int: (x: Double, y: Double)] {
    let middle = (x: WaitPicture.width / 2, y: height / 2)
    let radius = (
      x: WaitPicture.width / 2 - WaitPicture.box.width / 2 - 40,
      y: height / 2 - WaitPicture.box.height / 2 - 20
    )
    var found: [Int: (x: Double, y: Double)] = [:]
    for (position, member) in shown.enumerated() {
      let angle = 2 * Double.pi * Double(position) / Double(shown.count) - Double.pi / 2
      found[member] =
        shown.count == 1
        ? middle : (middle.x + radius.x * cos(angle), middle.y + radius.y * sin(angle))
    }
    return found
  }

  var html: String {
    let cycle = graph.cycle
    var svg = SVG(
      width: Int(WaitPicture.width), height: Int(height),
      label: "who waits for whom: "
        + (cycle.isEmpty
          ? "nobody in a circle"
          : (cycle + [cycle[0]]).map { graph.members[$0].name }.joined(separator: " for ")))
    svg.arrowHeads(["wait", "circle"])
    let places = places
    let steps = Set(zip(cycle, cycle.dropFirst() + cycle.prefix(1)).map { [$0, $1] })
    var drawn: Set<[Int]> = []
    for wait in graph.waits {
      guard let other = wait.other, let from = places[wait.member], let to = places[other],
        drawn.insert([wait.member, other]).inserted
      else { continue }
      let kind = steps.contains([wait.member, other]) ? "circle" : "wait"
      svg.path(
        arrow(from, to), kind,
        title:
          "\(graph.members[wait.member].name) waits for \(graph.members[other].name): \(wait.text)")
    }
    for member in shown {
      guard let place = places[member] else { continue }
      let one = graph.members[member]
      let x = place.x - WaitPicture.box.width / 2
      let y = place.y - WaitPicture.box.height / 2
      svg.rectangle(
        x: x, y: y, width: WaitPicture.box.width, height: WaitPicture.box.height,
        one.hasFinished ? "member done" : cycle.contains(member) ? "member stuck" : "member",
        title: one.hasFinished ? "\(one.name) has finished" : one.text)
      svg.text(one.name, x: place.x, y: place.y - 6, "strong", anchor: "middle")
      let text = one.hasFinished ? "has finished" : one.text
      svg.text(
        fitted(text, into: WaitPicture.box.width - 10), x: place.x, y: place.y + 13, "",
        anchor: "middle")
    }
    return svg.html
  }

  /// From the edge of one box to that of another, bent to the right so that two opposite ones lie apart.
  private func arrow(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double)) -> String {
    let (dx, dy) = (to.x - from.x, to.y - from.y)
    guard abs(dx) + abs(dy) > 1 else {
      // It waits for something behind itself.
      let (x, y) = (from.x + WaitPicture.box.width / 2, from.y)
      return "M\(SVG.number(x)) \(SVG.number(y - 12))c40 -20 40 44 0 24"
    }
    let length = (dx * dx + dy * dy).squareRoot()
    let bend = min(60, length * 0.2)
    let middle = (
      x: (from.x + to.x) / 2 - dy / length * bend, y: (from.y + to.y) / 2 + dx / length * bend
    )
    let begin = border(of: from, towards: middle)
    let end = border(of: to, towards: middle)
    return
      "M\(SVG.number(begin.x)) \(SVG.number(begin.y))Q\(SVG.number(middle.x)) \(SVG.number(middle.y)) "
      + "\(SVG.number(end.x)) \(SVG.number(end.y))"
  }

  private func border(
    of place: (x: Double, y: Double), towards other: (x: Double, y: Double)
  ) -> (x: Double, y: Double) {
    let (dx, dy) = (other.x - place.x, other.y - place.y)
    let scale = min(
      dx == 0 ? .infinity : (WaitPicture.box.width / 2 + 2) / abs(dx),
      dy == 0 ? .infinity : (WaitPicture.box.height / 2 + 2) / abs(dy))
    return (place.x + dx * min(1, scale), place.y + dy * min(1, scale))
  }
}
