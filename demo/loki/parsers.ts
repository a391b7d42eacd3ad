interface Parsed {
  readonly values: Readonly<Record<string, string>>;
  readonly error?: Readonly<Record<string, string>>;
}

const NOT_JSON = {
  __error__: "JSONParserErr",
  __error_details__: "Value looks like object, but can't find closing '}' symbol",
};

const labelName = (key: string) => key.replace(/[^a-zA-Z0-9_]/g, "_").replace(/^(?=\d)/, "_");

function flatten(value: object, prefix: string, found: Record<string, string>): void {
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const name = `${prefix}${labelName(key)}`;
    if (Array.isArray(inner) || inner === null) continue;
    if (typeof inner === "object") flatten(inner, `${name}_`, found);
    else found[name] = typeof inner === "string" ? inner : JSON.stringify(inner);
  }
}

/** The fields of a JSON object, inner ones by their paths; lists are left out. */
export function parseJson(line: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { values: {}, error: NOT_JSON };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { values: {}, error: NOT_JSON };
  const values: Record<string, string> = {};
  flatten(value, "", values);
  return { values };
}

/** The pairs of a line of `key=value`s. What is no pair is passed over. */
export function parseLogfmt(line: string): Parsed {
  const values: Record<string, string> = {};
  for (const [, key = "", quoted, plain = ""] of line.matchAll(/([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))/g)) {
    values[labelName(key)] = quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1");
  }
  return { values };
}
