// One run of a load generator: what both of them, wrk and ours, report.

export interface LoadRun {
  /** Requests with the right answer. */
  requests: number;
  seconds: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
  errors: number;
  /** Processor time of the generator itself, which shares the cores with what it measures. */
  cpuUs: number;
}
