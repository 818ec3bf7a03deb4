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
    moe_token_generation_v5,989742.412,7341,-1.176,4.051,4.051,4.051,,,-0.613,\
    -8.349,-16.027,,92.261,36.697,1.176,126.419,
    moe_token_generation_v6b,262462.923,3284,-10.124,9.524,9.524,9.524,,,15.426,\
    -4.167,-27.898,,-1.115,29.645,4.470,48.172,
    median,,,5.650,6.788,6.788,6.788,0.000,0.000,8.020,6.258,21.962,0.000,46.688,\
    33.171,2.823,87.296,0.000
    mean,,,5.650,6.788,6.788,6.788,0.000,0.000,8.020,6.258,21.962,0.000,46.688,\
    33.171,2.823,87.296,0.000
    worst,,,10.124,9.524,9.524,9.524,0.000,0.000,15.426,8.349,27.898,0.000,92.261,\
    36.697,4.470,126.419,0.000

    """
}
