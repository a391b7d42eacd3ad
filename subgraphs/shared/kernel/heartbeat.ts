const BEAT_MS = 2000;

/**
 * Says every other second, and whenever there is news, that a piece of work goes on: what is silent for long is taken for dead. One saying
 * comes after the other, so that a later one is never overtaken by an earlier one.
 */
export function heartbeat(options: {
  /** @returns false where the work is no longer this one's to do */
  say: () => Promise<boolean>;
  lost: () => void;
  failed: (error: unknown) => void;
}): { now: () => void; stop: () => void } {
  const { say, lost, failed } = options;
  let saying = false;
  let again = false;
  const run = async (): Promise<void> => {
    saying = true;
    do {
      again = false;
      try {
        if (!(await say())) lost();
      } catch (error) {
        failed(error);
      }
    } while (again);
    saying = false;
  };
  const now = (): void => {
    if (saying) again = true;
    else void run();
  };
  const timer = setInterval(now, BEAT_MS);
  return { now, stop: () => clearInterval(timer) };
}
