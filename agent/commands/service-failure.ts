/** What a service manager refuses, as an error of the program. */

import { ServiceError } from '../../service/service-error.ts';
import { AgentError } from '../errors.ts';

export const asAgentError = (error: unknown): unknown =>
  error instanceof ServiceError ? new AgentError(error.code, error.lines, error) : error;
