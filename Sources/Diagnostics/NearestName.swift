/// The candidate closest to `name` by edit distance, if close enough to be a likely typo.
public func nearestName<Names: Sequence>(to name: String, in candidates: Names) -> String?
where Names.Element == String {
  let wanted = Array(name.lowercased().utf8.prefix(128))
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let distance = editDistance(wanted, Array(candidate.lowercased().utf8.prefix(128)))
    if distance < best?.distance ?? Int.max { best = (candidate, distance) }
  }
  guard let best, best.distance <= max(2, wanted.count / 3) else { return nil }
  return best.name
}

/// The remedy text for an unknown name: the nearest name, or the list of all.
public func remedyForUnknown(_ name: String, known: [String]) -> String {
  if let near = nearestName(to: name, in: known) { return "did you mean '\(near)'?" }
  let shown = known.prefix(40).joined(separator: ", ")
  return "one of: \(shown)\(known.count > 40 ? ", …" : "")"
}

/// Levenshtein distance.
///
/// Complexity: O(a.count × b.count).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var diagonal = row[0]
    row[0] = i + 1
    for j in 0..<b.count {
      let above = row[j + 1]
      row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
      diagonal = above
    }
  }
  return row[b.count]
}
