// Written by RECORD_GOLDENS=1 swift test --filter RecordedFigures.
extension RecordedFigures {
  /// `trnsim accuracy --csv` of the captures that were at hand.
  static let secondGenerationTable = """
    capture,user_span_measured_ns,instructions,span_dma_measured_percent,\
    span_percent,span_phases_mean_percent,span_phases_worst_percent,\
    span_phase_captured_percent,span_phase_captured_dma_measured_percent,\
    tensor_busy_percent,vector_busy_percent,scalar_busy_percent,gpsimd_busy_percent,\
    ring_busy_percent,transfer_time_percent,duration_median_percent,\
    duration_p95_percent,noise_percent
    moe_token_generation_v5,989742.412,7341,-1.176,4.053,4.053,4.053,,,-0.685,\
    19.367,-15.893,,92.261,36.702,1.176,126.426,
    moe_token_generation_v6b,262462.923,3284,-9.873,9.780,9.780,9.780,,,15.926,\
    22.925,-27.755,,-1.115,29.670,4.860,126.426,
    median,,,5.525,6.917,6.917,6.917,0.000,0.000,8.306,21.146,21.824,0.000,46.688,\
    33.186,3.018,126.426,0.000
    mean,,,5.525,6.917,6.917,6.917,0.000,0.000,8.306,21.146,21.824,0.000,46.688,\
    33.186,3.018,126.426,0.000
    worst,,,9.873,9.780,9.780,9.780,0.000,0.000,15.926,22.925,27.755,0.000,92.261,\
    36.702,4.860,126.426,0.000

    """
}
