import CInterface
import Programs

extension SessionCaller {
  /// Tables, and the programs that there are compared with themselves on other machines.
  func variants() {
    let table = sessionTable(
      session, random.pick(["instructions", "transfers", "stalls", "lines", "tensors"]))
    require((table != nil) == hasReport, "a table is \(table == nil ? "not " : "")there")
    require(sessionTable(session, "nonsense") == nil, "there is a table of nonsense")
    let path = sessionCriticalPath(session)
    require(path == nil || hasReport, "there is a critical path of nothing")
    let details = sessionDetails(session)
    require((details != nil) == hasReport, "details are \(details == nil ? "not " : "")there")
    let drawn = sessionTimeline(session, random.pick(["", "0:1", "2.5:", "1e9:2"]))
    require(drawn == nil || hasReport, "there is a timeline of nothing")
    called("keep null", sessionKeep(session, nil), 64)
    called("keep nothing", sessionKeep(session, "k.py:f"), 1)
    guard called("keep", sessionKeep(session, "k.py:f\ntrn2")) == 0 else { return }
    called("advise nonsense", sessionAdvise(session, "k.py:f\ntrn2", "nonsense"), 1)
    if random.once(in: 4) {
      called("advise", sessionAdvise(session, "k.py:f\ntrn2", "other_queue\nload_once"))
    }
    called("refuse", sessionRefuse(session, "k.py:f\ntrn1", "because"), 0)
    let isCompared = random.once(in: 2)
    if isCompared {
      let code = vary("hardware", ["trn1", "trn2"])
      called("vary", code, 0)
      called("compare", sessionCompare(session, "k.py:f\ntrn2", nil, nil), 0)
    } else {
      called("compare others", sessionDifference(session, "k.py:f\ntrn2", "k.py:g\ntrn2"), 1)
    }
    require(
      (sessionComparison(session, "json") != nil) == isCompared,
      "a comparison is \(isCompared ? "not " : "")there")
  }

  private func vary(_ name: String, _ values: [String]) -> Int32 {
    let texts = values.map { Array($0.utf8CString) }
    var pointers: [UnsafePointer<CChar>?] = []
    func lend(_ rest: ArraySlice<[CChar]>) -> Int32 {
      guard let first = rest.first else {
        return sessionVary(session, name, pointers, Int32(pointers.count))
      }
      return first.withUnsafeBufferPointer { text in
        pointers.append(text.baseAddress)
        return lend(rest.dropFirst())
      }
    }
    return lend(texts[...])
  }
}
