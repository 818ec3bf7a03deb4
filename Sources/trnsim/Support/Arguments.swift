/// Lets `--json` stand without a value, which ArgumentParser cannot: it then means standard output.
///
/// What follows is its value if it is `-`, ends in `.json` or is below `/dev/`; everything else belongs to
/// the command, so `--json` may stand before the positional argument. `--json=FILE` takes any name. What
/// follows `--` is left alone.
func withOptionalValues(_ arguments: [String]) -> [String] {
  var found: [String] = []
  var isOver = false
  for (index, argument) in arguments.enumerated() {
    found.append(argument)
    if argument == "--" { isOver = true }
    guard argument == "--json", !isOver else { continue }
    let next = index + 1 < arguments.count ? arguments[index + 1] : ""
    if next != "-" && !next.hasSuffix(".json") && !next.hasPrefix("/dev/") { found.append("-") }
  }
  return found
}
