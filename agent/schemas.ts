/** The JSON Schemas (draft 2020-12) that certready publishes in schemas/. */

import * as z from 'zod';
import { allowListSchema } from './allow-list/schema.ts';
import { configSchema } from './config/schema.ts';
import { profileSchema } from './profiles/schema.ts';
import { reportSchema } from './report/schema.ts';

/** By the name of the file. Profile and configuration are what users write, the others are what they get. */
export const publishedSchemas = (): Readonly<Record<string, unknown>> => ({
  profile: z.toJSONSchema(profileSchema, { io: 'input', unrepresentable: 'any' }),
  config: z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }),
  report: z.toJSONSchema(reportSchema, { io: 'output' }),
  'allow-list': z.toJSONSchema(allowListSchema, { io: 'output' }),
});
