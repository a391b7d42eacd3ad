import { describe, expect, it } from "vitest";
import { TemplateMiner } from "./template-miner.ts";
import { tokensOf } from "./template-tokens.ts";

const textOf = (miner: TemplateMiner, id: number): string | undefined => miner.get(id)?.tokens.join(" ");

describe("the words of a line", () => {
  it.each([
    ["17:35:38.386 INFO  o.s.OrderServiceImpl#365 found", "o.s.OrderServiceImpl#<*> found"],
    ["2026-01-29T09:35:38.387Z [error] disk sda1 full", "disk sda<*> full"],
    ["TraceID: 0493e2752438fbbe19f9cc7efe9aaaa9 SpanID: 882624ccb9c39604 done", "done"],
    ["trace_id=abc request done in 3.5ms", "request done in <*>ms"],
    ["order a994ac1b-af0a-44a8-a9d1-a768e1d6785d paid", "order <*> paid"],
    ["from 10.0.3.17:8443 at 0x7fff5694", "from <*> at <*>"],
    ["OutOfMemoryError: heap\n\tat Foo.bar(Foo.java:12)", "OutOfMemoryError: heap"],
    ["", ""],
  ])("of %j", (line, words) => {
    expect(tokensOf(line).join(" ")).toBe(words);
  });

  it("are bounded", () => {
    expect(tokensOf("word ".repeat(100_000)).length).toBe(60);
  });
});

describe("the miner", () => {
  it("makes what differs a wildcard", () => {
    const miner = new TemplateMiner();
    const first = miner.add("Connection of user alice closed after timeout");
    expect(miner.add("Connection of user bob closed after timeout")).toBe(first);
    expect(textOf(miner, first)).toBe("Connection of user <*> closed after timeout");
    expect(miner.get(first)?.count).toBe(2);
  });

  it("keeps apart what is said otherwise, at another length or at another level", () => {
    const miner = new TemplateMiner();
    const ids = [
      miner.add("[getRoutes][Get Routes By Ids][Success]", "OTHER"),
      miner.add("[getRoutes][Get Routes By Ids Failed]", "OTHER"),
      miner.add("[getRoutes][Get Routes By Ids Failed]", "ERROR"),
      miner.add("cache miss for key 17", "OTHER"),
      miner.add("cache miss for key 17 of 20", "OTHER"),
    ];
    expect(new Set(ids).size).toBe(5);
  });

  it("is told the same lines in the same order, and says the same", () => {
    const lines = Array.from({ length: 500 }, (_, at) => `worker ${at % 7} took job ${at} from queue q${at % 3} ok`);
    const ids = (): number[] => {
      const miner = new TemplateMiner();
      return lines.map((line) => miner.add(line));
    };
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(1);
  });

  it("forgets the template not seen for longest when there are too many", () => {
    const miner = new TemplateMiner(3);
    const [a, b] = [miner.add("alpha one"), miner.add("beta two")];
    miner.add("gamma three");
    miner.add("alpha one");
    miner.add("delta four");
    expect(miner.size).toBe(3);
    expect(miner.get(b)).toBeUndefined();
    expect(miner.get(a)?.count).toBe(2);
    expect(miner.add("beta two")).not.toBe(b);
  });

  it("holds no more than it may, whatever comes", () => {
    const miner = new TemplateMiner(100);
    for (let at = 0; at < 20_000; at += 1)
      miner.add(`${String.fromCharCode(97 + (at % 26)).repeat((at % 40) + 1)} x ${"y ".repeat(at % 31)}`);
    expect(miner.size).toBe(100);
  });
});
