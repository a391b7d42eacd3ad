import type { Source } from "./read.ts";

const CACHES = [
  "chunk",
  "index",
  "result",
  "statsResult",
  "volumeResult",
  "seriesResult",
  "labelResult",
  "instantMetricResult",
] as const;

const CACHE = {
  entriesFound: 0,
  entriesRequested: 0,
  entriesStored: 0,
  bytesReceived: 0,
  bytesSent: 0,
  requests: 0,
  downloadTime: 0,
  queryLengthServed: 0,
};

const DATA_OBJECTS = {
  prePredicateDecompressedRows: 0,
  prePredicateDecompressedBytes: 0,
  prePredicateDecompressedStructuredMetadataBytes: 0,
  postPredicateRows: 0,
  postPredicateDecompressedBytes: 0,
  postPredicateStructuredMetadataBytes: 0,
  postFilterRows: 0,
  pagesScanned: 0,
  pagesDownloaded: 0,
  pagesDownloadedBytes: 0,
  pageBatches: 0,
  totalRowsAvailable: 0,
  totalPageDownloadTime: 0,
};

const store = (lines: number, bytes: number, kept: number) => ({
  totalChunksRef: 0,
  totalChunksDownloaded: 0,
  chunksDownloadTime: 0,
  queryReferencedStructuredMetadata: false,
  queryUsedV2Engine: false,
  chunk: {
    headChunkBytes: bytes,
    headChunkLines: lines,
    decompressedBytes: 0,
    decompressedLines: 0,
    compressedBytes: 0,
    totalDuplicates: 0,
    postFilterLines: kept,
    headChunkStructuredMetadataBytes: 0,
    decompressedStructuredMetadataBytes: 0,
  },
  chunkRefsFetchTime: 0,
  congestionControlLatency: 0,
  pipelineWrapperFilteredLines: 0,
  dataobj: DATA_OBJECTS,
});

/** What Loki tells of a query beside its result; of one that `asked` for no logs a little less. */
export function stats({ counted: { lines, bytes, kept } }: Source, returned: number, asked = true): unknown {
  return {
    summary: {
      bytesProcessedPerSecond: bytes * 50,
      linesProcessedPerSecond: lines * 50,
      totalBytesProcessed: bytes,
      totalLinesProcessed: lines,
      execTime: 0.02,
      queueTime: 0,
      subqueries: 0,
      totalEntriesReturned: returned,
      splits: 1,
      shards: 1,
      totalPostFilterLines: kept,
      totalStructuredMetadataBytesProcessed: 0,
    },
    querier: { store: store(0, 0, 0), querierExecTime: 0.02 },
    ingester: {
      totalReached: 1,
      totalChunksMatched: 0,
      totalBatches: 1,
      totalLinesSent: returned,
      store: store(lines, bytes, kept),
      ...(asked ? { recvWaitTime: 0.001 } : {}),
    },
    cache: Object.fromEntries(CACHES.map((name) => [name, CACHE])),
    index: {
      totalChunks: 0,
      postFilterChunks: 0,
      shardsDuration: 0,
      usedBloomFilters: false,
      totalStreams: 0,
      chunkRefsLookupTime: 0,
      bloomFilterTime: 0,
    },
  };
}
