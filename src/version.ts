// Both are put in by the build, from package.json and data/date.txt.
declare const FITCHECK_VERSION: string;
declare const FITCHECK_DATA_DATE: string;

/** What answers carry, so that it can be told later what they were made with. */
export const TOOL = { name: "fitcheck", version: FITCHECK_VERSION, dataDate: FITCHECK_DATA_DATE } as const;
