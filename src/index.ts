/** The library: the estimator and its adapters, without the command line. */
export { FitcheckError } from "./core/errors.js";
export type { FitReport } from "./core/report.js";
