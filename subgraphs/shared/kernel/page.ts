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
