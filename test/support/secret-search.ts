/** Every form in which a secret could lie in an output: as it is, encoded, or within something encoded. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  const hex = bytes.toString("hex");
  const url = encodeURIComponent(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  // Within a longer text, base64 begins at any of three places; what depends on the neighbours is cut off.
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "")
      .slice(offset === 0 ? 0 : offset + 1, -2),
  );
  return [
    ...new Set([
      secret,
      json,
      JSON.stringify(json).slice(1, -1),
      url,
      url.toLowerCase(),
      new URLSearchParams({ v: secret }).toString().slice(2),
      hex,
      hex.toUpperCase(),
      ...base64,
      ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
      ...base64.map((text) => encodeURIComponent(text)),
    ]),
  ];
}

/** Looks for secrets in whatever came out of the product. */
export class SecretSearch {
  readonly #forms: { what: string; form: Buffer }[] = [];

  /** @param what names the secret where it is found. */
  add(what: string, secret: string): string {
    if (secret.length < 12) throw new Error(`${what} is too short to be told from other text.`);
    for (const form of formsOf(secret)) this.#forms.push({ what, form: Buffer.from(form, "utf8") });
    return secret;
  }

  /** The body of a PEM, line by line: each is as secret as all of it. */
  addPem(what: string, pem: string): string {
    for (const line of pem.split("\n")) if (line && !line.startsWith("-----")) this.add(what, line);
    return pem;
  }

  /** What was found, by name; nothing but its surroundings is shown. */
  in(where: string, output: string | Uint8Array): string[] {
    const bytes = typeof output === "string" ? Buffer.from(output, "utf8") : Buffer.from(output);
    return this.#forms.flatMap(({ what, form }) => {
      const at = bytes.indexOf(form);
      if (at < 0) return [];
      return [
        `${what} in ${where}, after ${JSON.stringify(bytes.subarray(Math.max(0, at - 80), at).toString("latin1"))}`,
      ];
    });
  }
}
