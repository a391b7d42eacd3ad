import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Vault } from "./vault.ts";

const ring = (...ids: string[]) => ids.map((id) => ({ id, key: randomBytes(32) }));
const [one, two] = ring("one", "two") as [{ id: string; key: Buffer }, { id: string; key: Buffer }];
const BINDING = "cluster_credentials/42/kubeconfig";

const opening =
  (vault: Vault, sealed: Uint8Array, binding = BINDING) =>
  () =>
    vault.open(sealed, binding);

describe("Vault", () => {
  it.each(["", "hunter2", "ключ 🔑", "x".repeat(300_000)])("opens what it sealed", (secret) => {
    const vault = new Vault([one]);
    expect(vault.open(vault.seal(secret, BINDING), BINDING)).toBe(secret);
  });

  it("shows nothing of the secret, and seals it anew each time", () => {
    const vault = new Vault([one]);
    const [first, second] = [vault.seal("hunter2hunter2", BINDING), vault.seal("hunter2hunter2", BINDING)];
    expect(Buffer.from(first).includes("hunter2")).toBe(false);
    expect(Buffer.from(first).includes(one.key)).toBe(false);
    const differing = first.filter((byte, i) => byte !== second[i]).length;
    // All but version and key id: two random texts share about one byte in 256.
    expect(differing).toBeGreaterThan((first.length - 5) * 0.8);
  });

  it("seals with the first key of its ring, and opens with any", () => {
    const old = new Vault([one]).seal("old", BINDING);
    const rotated = new Vault([two, one]);
    expect(rotated.open(old, BINDING)).toBe("old");
    const sealed = rotated.seal("new", BINDING);
    expect(new Vault([two]).open(sealed, BINDING)).toBe("new");
    expect(opening(new Vault([one]), sealed)).toThrow(/"two"/);
  });

  it("is opened by every process beside it, while one key replaces another in the order of the runbook", () => {
    const steps = [[one], [one, two], [two, one], [two]] as const;
    for (const [index, step] of steps.entries()) {
      const sealed = new Vault([...step]).seal("hunter2", BINDING);
      // What was sealed before the last step is sealed anew before it.
      const beside = index < 2 ? [steps[index], steps[index + 1]] : [steps[index - 1], steps[index]];
      for (const ring of beside) expect(new Vault([...(ring ?? [])]).open(sealed, BINDING)).toBe("hunter2");
    }
    // The new key first, as the first step, is not: a process that has not got it yet cannot.
    const early = new Vault([two, one]).seal("hunter2", BINDING);
    expect(() => new Vault([one]).open(early, BINDING)).toThrow();
  });

  it("opens it for nothing but the record and field it was sealed for", () => {
    const vault = new Vault([one]);
    const sealed = vault.seal("hunter2", BINDING);
    for (const other of ["cluster_credentials/43/kubeconfig", "cluster_credentials/42/access", `${BINDING}x`, ""]) {
      expect(opening(vault, sealed, other)).toThrow(
        expect.objectContaining({
          code: "KEY_UNAVAILABLE",
          details: { record: other },
          message: expect.stringContaining(`of ${other} cannot`),
        }),
      );
    }
  });

  it("names the record and the key where the key is not in its ring", () => {
    expect(opening(new Vault([two]), new Vault([one]).seal("hunter2", BINDING))).toThrow(
      expect.objectContaining({
        code: "KEY_UNAVAILABLE",
        message: `The secret of ${BINDING} cannot be opened: it was sealed with key "one", which is not in AIOPS_ENCRYPTION_KEYS.`,
      }),
    );
  });

  it("does not open with another key of the same id", () => {
    const sealed = new Vault([one]).seal("hunter2", BINDING);
    expect(opening(new Vault([{ id: "one", key: randomBytes(32) }]), sealed)).toThrow(
      expect.objectContaining({ code: "KEY_UNAVAILABLE" }),
    );
  });

  it("opens nothing of which any byte was altered, cut off or added", () => {
    const vault = new Vault([one, two]);
    const sealed = vault.seal("hunter2", BINDING);
    const refusal = expect.objectContaining({ code: "KEY_UNAVAILABLE" });
    for (const i of sealed.keys()) {
      const altered = Uint8Array.from(sealed);
      altered[i] = (altered[i] ?? 0) ^ 1;
      expect(opening(vault, altered), `byte ${i}`).toThrow(refusal);
      expect(opening(vault, sealed.subarray(0, i)), `${i} bytes`).toThrow(refusal);
    }
    expect(opening(vault, Uint8Array.from([...sealed, 0]))).toThrow(refusal);
  });

  it("wraps the data key anew with the first key, and leaves the payload as it was", () => {
    const old = new Vault([one]).seal("hunter2", BINDING);
    const ring = new Vault([two, one]);
    const rewrapped = ring.rewrap(old, BINDING);
    // version, length and "one" or "two"; the wrapped key; then the payload.
    expect(Buffer.from(rewrapped.subarray(5 + 60))).toEqual(Buffer.from(old.subarray(5 + 60)));
    expect(Buffer.from(rewrapped.subarray(5, 65))).not.toEqual(Buffer.from(old.subarray(5, 65)));
    expect(new Vault([two]).open(rewrapped, BINDING)).toBe("hunter2");
    expect(opening(new Vault([one]), rewrapped)).toThrow(/"two"/);
    expect(ring.keyId).toBe("two");
  });

  it("wraps nothing anew that it could not open", () => {
    const sealed = new Vault([one]).seal("hunter2", BINDING);
    const refusal = expect.objectContaining({ code: "KEY_UNAVAILABLE" });
    expect(() => new Vault([two]).rewrap(sealed, BINDING)).toThrow(refusal);
    expect(() => new Vault([two, one]).rewrap(sealed, `${BINDING}x`)).toThrow(refusal);
  });

  it("does not open the payload of one secret with the wrapped key of another", () => {
    const vault = new Vault([one]);
    const [first, second] = [vault.seal("first", BINDING), vault.seal("second", BINDING)];
    const mixed = Uint8Array.from([...first.subarray(0, 65), ...second.subarray(65)]);
    expect(opening(vault, mixed)).toThrow(expect.objectContaining({ code: "KEY_UNAVAILABLE" }));
  });

  it("needs a key", () => {
    expect(() => new Vault([])).toThrow("The key ring is empty.");
  });
});
