/**
 * The inputs as JSON schemas. A `description` is what a client reads when its input does not fit, so it says what was expected.
 *
 * Values are not converted from one type to another: `"12"` for a latitude is a mistake, not twelve. What comes in an
 * address is text anyway, so there the patterns say which texts are numbers.
 */
export const maxRecords = 10_000;

export const cityParams = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', pattern: '^[0-9]{1,15}$', description: 'a whole number' } },
} as const;

/** A number of degrees, and nothing that JavaScript would also take for a number, such as `1e3` or ``. */
const degrees = '-?[0-9]{1,3}(\\.[0-9]{1,15})?';

export const searchQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    country: { type: 'string', pattern: '^[A-Za-z]{2}$', description: 'two letters, such as CH' },
    near: {
      type: 'string',
      pattern: `^${degrees},${degrees}$`,
      description: 'latitude (-90 to 90), comma, longitude (-180 to 180), such as 46.9,7.4',
    },
    limit: {
      type: 'string',
      pattern: '^([1-9][0-9]{0,2}|1000)$',
      default: '20',
      description: 'a whole number from 1 to 1000',
    },
  },
  anyOf: [{ required: ['country'] }, { required: ['near'] }],
  description: 'country, or near, or both',
} as const;

/** Of single records nothing is said here: they are judged one by one, so that a bad one does not refuse the others. */
export const batchBody = {
  type: 'array',
  minItems: 1,
  description: `a list of 1 to ${maxRecords} records`,
} as const;

export const batchQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    onRecordError: {
      type: 'string',
      enum: ['skip', 'abort'],
      default: 'skip',
      description: 'skip (stores the others) or abort (stores none)',
    },
  },
} as const;

/** No control characters, which no name has and of which PostgreSQL cannot store U+0000, and no halves of surrogate pairs. */
const plainText = '^[^\\u0000-\\u001F\\u007F\\uD800-\\uDFFF]*$';

const shortText = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  allOf: [
    { pattern: plainText, description: 'text without control characters' },
    { pattern: '\\S', description: 'text that is not blank' },
  ],
  description: 'text of 1 to 200 characters',
} as const;

export const cityRecord = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'latitude', 'longitude', 'countryCode'],
  properties: {
    name: shortText,
    latitude: { type: 'number', minimum: -90, maximum: 90, description: 'a number from -90 to 90' },
    longitude: { type: 'number', minimum: -180, maximum: 180, description: 'a number from -180 to 180' },
    countryCode: { type: 'string', pattern: '^[A-Z]{2}$', description: 'two capital letters, such as CH' },
    regionCode: {
      type: 'string',
      nullable: true,
      pattern: '^[A-Z]{2}\\.[0-9A-Za-z]{1,10}$',
      description: 'the code of a region, such as CH.BE',
    },
    district: { ...shortText, nullable: true },
  },
  description: 'an object',
} as const;
