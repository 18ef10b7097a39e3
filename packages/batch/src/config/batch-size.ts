/** Sizes with a name: records in one statement. */
export const BatchSize = Object.freeze({ SMALL: 100, MEDIUM: 500, LARGE: 1000, XLARGE: 5000 });
