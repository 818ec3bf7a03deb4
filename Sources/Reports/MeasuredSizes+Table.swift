import Device

// Written by Scripts/fit --sizes from the instruction tables of trn2's captures.
extension MeasuredSizes {
  /// From captured runs of trn2, in the order of engines and classes.
  static let measured = [
    MeasuredSizes(.scalar, .activation, inPSUM: false, 1...512),
    MeasuredSizes(.scalar, .activation, inPSUM: true, 128...512),
    MeasuredSizes(.scalar, .cast, inPSUM: true, 128...512),
    MeasuredSizes(.scalar, .copy, inPSUM: false, 128...128),
    MeasuredSizes(.scalar, .copy, inPSUM: true, 1...512),
    MeasuredSizes(.vector, .cast, inPSUM: false, 1...128),
    MeasuredSizes(.vector, .cast, inPSUM: true, 14...128),
    MeasuredSizes(.vector, .copy, inPSUM: false, 1...128),
    MeasuredSizes(.vector, .copy, inPSUM: true, 1...512),
    MeasuredSizes(.vector, .memset, inPSUM: false, 1...128),
    MeasuredSizes(.vector, .memset, inPSUM: true, 1...128),
    MeasuredSizes(.vector, .reciprocal, inPSUM: false, 4...8),
    MeasuredSizes(.vector, .tensorReduce, inPSUM: false, 4...512),
    MeasuredSizes(.vector, .tensorReduce, inPSUM: true, 512...512),
    MeasuredSizes(.vector, .tensorScalarPointer, inPSUM: false, 512...512),
    MeasuredSizes(.vector, .tensorScalarPointer, inPSUM: true, 128...128),
    MeasuredSizes(.vector, .tensorTensor, inPSUM: false, 1...2000),
    MeasuredSizes(.vector, .tensorTensor, inPSUM: true, 420...444),
  ]
}
