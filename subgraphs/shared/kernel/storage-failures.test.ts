import { expect, it } from "vitest";
import { failed } from "./outcome.ts";
import { storageFailure } from "./storage-failures.ts";

const failure = (name: string, message: string, code?: string): Error =>
  Object.assign(new Error(message), { name, ...(code ? { code } : {}) });
const known = (message: string, code: string): Error => failure("PrismaClientKnownRequestError", message, code);

it.each([
  ["no server", known("Can't reach database server at 127.0.0.1:5432", "P1001")],
  [
    "no server, of a raw query",
    known("Raw query failed. Code: `N/A`. Message: `Can't reach database server at h`", "P2010"),
  ],
  ["one that starts", known("Raw query failed. Code: `57P03`. Message: `the database system is starting up`", "P2010")],
  ["one that stops", failure("error", "terminating connection due to administrator command", "57P01")],
  ["no connection left", known("Database error. Code: `53300`. Message: `too many clients already`", "P2039")],
  ["no transaction in time", known("Transaction API error: Unable to start a transaction", "P2028")],
  ["a connection that breaks", new Error("Connection terminated unexpectedly")],
  ["a pool that waits in vain", new Error("timeout exceeded when trying to connect")],
])("is told as STORAGE_UNAVAILABLE, which may pass: %s", (_, error) => {
  expect(storageFailure(error)).toMatchObject({ code: "STORAGE_UNAVAILABLE", cause: error });
  expect(failed(error).failure).toMatchObject({ code: "STORAGE_UNAVAILABLE", retryable: true });
});

it.each([
  known("Unique constraint failed on the fields: (`name`)", "P2002"),
  known("Raw query failed. Code: `42703`. Message: `column does not exist`", "P2010"),
  // A cluster's, which is no database of ours.
  failure("Error", "connect ECONNREFUSED 127.0.0.1:9090", "ECONNREFUSED"),
  new TypeError("undefined is not a function"),
  "a text",
])("is nothing of the kind: %s", (error) => {
  expect(storageFailure(error)).toBeUndefined();
});
