import { z } from "zod";
import { command } from "../command.ts";
import { plain, UsageError } from "../terminal.ts";

const ROTATE = `mutation CliRotateKeys {
  rotateEncryptionKeys { total rewrapped remaining currentKeyId failures { message } }
}`;
const Rotated = z.object({
  rotateEncryptionKeys: z.object({
    total: z.number(),
    rewrapped: z.number(),
    remaining: z.number(),
    currentKeyId: z.string(),
    /** Each message names its record. */
    failures: z.array(z.object({ message: z.string() })),
  }),
});

export const keysRotate = command({
  usage: "",
  summary: "seals every stored secret anew with the first key of AIOPS_ENCRYPTION_KEYS, while the server runs",
  help: [],
  options: {},
  async run({ positionals }, api, terminal) {
    if (positionals.length > 0) throw new UsageError("keys rotate takes no arguments.");
    let sealed = 0;
    for (;;) {
      const { rotateEncryptionKeys: step } = await api.ask(Rotated, ROTATE);
      sealed += step.rewrapped;
      const failures = step.failures.map(({ message }) => `${plain(message)}\n`);
      terminal.note(`${step.rewrapped} sealed anew, ${step.remaining} of ${step.total} left\n`);
      if (step.remaining === 0 && failures.length === 0) {
        terminal.out(`${sealed} secrets sealed with key ${plain(step.currentKeyId)}.\n`);
        return 0;
      }
      // What cannot be opened stays as it is, and asking again would change nothing.
      if (step.rewrapped === 0 || step.remaining === 0) {
        terminal.note(failures.join(""));
        terminal.out(`${sealed} secrets sealed with key ${plain(step.currentKeyId)}, ${step.remaining} left.\n`);
        return 1;
      }
    }
  },
});
