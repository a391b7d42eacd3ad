import type { EvalQuestion } from "../question.ts";
import { CAUSES } from "./causes.ts";
import { CONDUCT } from "./conduct.ts";
import { PARAPHRASES } from "./paraphrases.ts";
import { PLATFORM } from "./platform.ts";
import { SIGNALS } from "./signals.ts";
import { UNSEEN } from "./unseen.ts";

export const QUESTIONS: readonly EvalQuestion[] = [
  ...CAUSES,
  ...SIGNALS,
  ...PLATFORM,
  ...CONDUCT,
  ...PARAPHRASES,
  ...UNSEEN,
];
