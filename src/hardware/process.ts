/** Of the process, what finding hardware asks for. Not Node's own types: users of the library need not have those. */

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** `process.platform`: `linux`, `darwin`, `win32` or another. */
export type Platform = string;
