import Hardware

extension Hardware {
  /// What the user changed, as `path=value`, in the order of the configuration.
  var changes: [String] {
    overriddenPaths.compactMap { path in value(of: path).map { "\(path)=\($0)" } }
  }
}
