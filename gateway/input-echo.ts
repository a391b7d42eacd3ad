/** What graphql-js says of a value that does not fit, without the value. */
const REASONS = [
  /Field "\w+" of required type "[\w[\]!]+" was not provided\.$/,
  /Field "\w+" is not defined by type "\w+"\.(?: Did you mean [\w", ]+\?)?$/,
  /Expected non-nullable type "[\w[\]!]+" not to be null\.$/,
  /Expected type "\w+" to be an object\.$/,
  /Exactly one key must be specified for OneOf type "\w+"\.$/,
];
const CANNOT = /\b(\w+|Enum "\w+") cannot represent ([a-z -]*value)\b/;
const ENUM = /^Value .* does not exist in ("\w+" enum)/s;
const TYPE = /\bExpected (value of )?type ("[\w[\]!]+")/;

/**
 * An error about a query's text or variables without the values in it: what was put in the wrong place may be a password, and an
 * answer is kept, logged and pasted into tickets. Where it was, and what belongs there, stays.
 */
export function withoutValues(message: string): string {
  const [variable, name] = /^Variable "\$(\w+)" got invalid value /.exec(message) ?? [];
  if (variable !== undefined) {
    const path = [...message.matchAll(new RegExp(` at "(${name}[\\w.[\\]]*)"; `, "g"))].at(-1);
    const rest = message.slice(path ? path.index + path[0].length : variable.length);
    const reason = reasonOf(rest);
    return `Variable "$${name}" got an invalid value${path ? ` at "${path[1]}"` : ""}${reason ? `; ${reason}` : "."}`;
  }
  if (message.startsWith("Syntax Error: ")) {
    return message.replace(/\b(Name|String|BlockString|Int|Float|Comment) ".*"(?=\.?$)/s, "$1");
  }
  if (/^Expected value of type "[\w[\]!]+", found /.test(message)) return reasonOf(message);
  if (/^(\w+|Enum "\w+") cannot represent [a-z -]*value: /.test(message)) return reasonOf(message);
  return ENUM.test(message) ? reasonOf(message) : message;
}

/** "" where it is none of those that are known. */
function reasonOf(text: string): string {
  for (const known of REASONS) {
    const [reason] = known.exec(text) ?? [];
    if (reason) return reason;
  }
  const [, type, what] = CANNOT.exec(text) ?? [];
  const [, of = "", expected] = TYPE.exec(text) ?? [];
  const [, enumeration] = ENUM.exec(text) ?? [];
  if (expected && text.startsWith("Expected")) return `Expected ${of}type ${expected}.`;
  if (enumeration) return `The value does not exist in ${enumeration}.`;
  return type ? `${type} cannot represent ${what}.` : "";
}
