/** All of them. */
export const strategies = ['single_query', 'chunked', 'parallel', 'pipelined', 'optimistic'] as const;
