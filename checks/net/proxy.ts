/** Which proxy a request goes through. */

export interface ProxySettings {
  readonly bypass: readonly string[];
}
