import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { CodedError } from "../kernel/errors.ts";

export interface EncryptionKey {
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const WRAPPED_BYTES = NONCE_BYTES + 32 + TAG_BYTES;

/**
 * Envelope encryption of stored secrets: a fresh AES-256-GCM data key per secret, wrapped by a key of the ring. The record and
 * field are authenticated with both, so that a ciphertext moved to another record does not open. The ring's key is authenticated
 * with the data key alone, so that another key can wrap it anew without the payload. The first key seals, all open.
 * Layout: version (1) | key id length (1) | key id | wrapped data key (60) | nonce (12) | ciphertext | tag (16).
 */
export class Vault {
  readonly #keys: Map<string, Buffer>;
  readonly #sealing: EncryptionKey;

  constructor(keys: readonly EncryptionKey[]) {
    const [first] = keys;
    if (!first) throw new Error("The key ring is empty.");
    this.#sealing = first;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
  }

  /** The key that seals. */
  get keyId(): string {
    return this.#sealing.id;
  }

  /** @param binding where the secret belongs, such as "cluster_credentials/<id>/kubeconfig". */
  seal(secret: string, binding: string): Uint8Array<ArrayBuffer> {
    const dataKey = randomBytes(32);
    const payload = encrypt(dataKey, Buffer.from(secret, "utf8"), payloadAad(binding));
    return this.#wrap(dataKey, payload, binding);
  }

  /** @throws KEY_UNAVAILABLE, naming the binding and the key's id, when it was not sealed by this ring for this place. */
  open(sealed: Uint8Array, binding: string): string {
    const { keyId, dataKey, payload } = this.#unwrap(sealed, binding);
    try {
      return decrypt(dataKey, payload, payloadAad(binding)).toString("utf8");
    } catch {
      throw altered(binding, keyId);
    }
  }

  /**
   * The same secret under the key that seals now: only its data key is wrapped anew, the payload is neither opened nor touched.
   * @throws KEY_UNAVAILABLE as `open` does.
   */
  rewrap(sealed: Uint8Array, binding: string): Uint8Array<ArrayBuffer> {
    const { dataKey, payload } = this.#unwrap(sealed, binding);
    return this.#wrap(dataKey, payload, binding);
  }

  #wrap(dataKey: Buffer, payload: Buffer, binding: string): Uint8Array<ArrayBuffer> {
    const id = Buffer.from(this.#sealing.id, "utf8");
    const header = Buffer.concat([Buffer.from([VERSION, id.length]), id]);
    const wrapped = encrypt(this.#sealing.key, dataKey, keyAad(header, binding));
    return new Uint8Array(Buffer.concat([header, wrapped, payload]));
  }

  #unwrap(sealed: Uint8Array, binding: string): { keyId: string; dataKey: Buffer; payload: Buffer } {
    const bytes = Buffer.from(sealed);
    const idLength = bytes[1] ?? 0;
    const keyId = bytes.subarray(2, 2 + idLength).toString("utf8");
    const key = bytes[0] === VERSION ? this.#keys.get(keyId) : undefined;
    if (!key) throw unavailable(binding, `it was sealed with key "${keyId}", which is not in AIOPS_ENCRYPTION_KEYS`);
    const header = bytes.subarray(0, 2 + idLength);
    const body = bytes.subarray(header.length);
    try {
      const dataKey = decrypt(key, body.subarray(0, WRAPPED_BYTES), keyAad(header, binding));
      return { keyId, dataKey, payload: body.subarray(WRAPPED_BYTES) };
    } catch {
      throw altered(binding, keyId);
    }
  }
}

const keyAad = (header: Buffer, binding: string): Buffer => Buffer.concat([header, Buffer.from(binding, "utf8")]);
const payloadAad = (binding: string): Buffer => Buffer.concat([Buffer.from([VERSION]), Buffer.from(binding, "utf8")]);

const altered = (binding: string, keyId: string): CodedError =>
  unavailable(binding, `the record or key "${keyId}" is not what it was`);

const unavailable = (binding: string, why: string): CodedError =>
  new CodedError("KEY_UNAVAILABLE", `The secret of ${binding} cannot be opened: ${why}.`, { record: binding });

function encrypt(key: Buffer, plain: Buffer, aad: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, aad: Buffer): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}
