/** Paging as the spec has it (8.1): pages of 1 to 100, 20 by default. */
export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  pageSize: number;
  totalPages: number;
}

export interface PageRequest {
  page: number;
  pageSize: number;
}

export const pageOf = <T>(items: T[], total: number, { page, pageSize }: PageRequest): Page<T> => ({
  items,
  total,
  page,
  pageSize,
  totalPages: Math.ceil(total / pageSize),
});

/** The page of what is all there already. */
export const paged = <T>(all: readonly T[], request: PageRequest): Page<T> => {
  const from = (request.page - 1) * request.pageSize;
  return pageOf(all.slice(from, from + request.pageSize), all.length, request);
};

/** The pages of a list up to so many items: the first one tells how many there are. */
export async function pagesOf<T extends { total: number }>(
  page: (number: number) => Promise<T>,
  { size, most }: { size: number; most: number },
): Promise<[T, ...T[]]> {
  const first = await page(1);
  const count = Math.ceil(Math.min(first.total, most) / size);
  const others = Array.from({ length: Math.max(0, count - 1) }, (_, index) => page(index + 2));
  return [first, ...(await Promise.all(others))];
}
