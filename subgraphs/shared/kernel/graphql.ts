// The one way to type-graphql: reflect-metadata must load before the first decorated class, whatever the import order, and a
// replacement of the (pre-release) library has one seam.
import "reflect-metadata";

export * from "type-graphql";
