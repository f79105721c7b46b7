import tseslint from 'typescript-eslint';

/** Who may import whom: agent/ may import the other two; checks/ and service/ import only themselves. */
const forbidFolders = (folders, reason) => [
  'error',
  { patterns: folders.map((folder) => ({ group: [`**/${folder}/**`], message: reason })) },
];

const ioModules = [
  'fs',
  'fs/promises',
  'net',
  'tls',
  'dns',
  'dns/promises',
  'http',
  'https',
  'child_process',
  'os',
  'process',
  'timers',
  'timers/promises',
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'packages/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/dot-notation': 'off', // noPropertyAccessFromIndexSignature asks for the brackets
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'exit',
          message: 'Set process.exitCode in agent/main.ts instead.',
        },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['checks/**/*.ts'],
    rules: {
      'no-restricted-imports': forbidFolders(
        ['agent', 'service'],
        'checks/ imports neither agent/ nor service/',
      ),
      'no-console': 'error',
    },
  },
  {
    files: ['service/**/*.ts'],
    rules: {
      'no-restricted-imports': forbidFolders(
        ['agent', 'checks'],
        'service/ imports neither agent/ nor checks/',
      ),
    },
  },
  {
    files: ['checks/pki/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ioModules
            .flatMap((name) => [name, `node:${name}`])
            .map((name) => ({ name, message: 'checks/pki/ does no I/O' })),
          patterns: [
            {
              group: ['**/agent/**', '**/service/**', '**/net/**', '**/stores/**'],
              message: 'checks/pki/ turns bytes into values, nothing else',
            },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'checks/pki/ reads no clock: time is an argument',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'checks/pki/ reads no clock: time is an argument',
        },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['agent/main.ts', 'test/**', 'bench/**', 'scripts/**', 'packaging/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Only agent/main.ts touches the process.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['describe', 'it', 'test', 'suite'], package: 'node:test' },
          ],
        },
      ],
    },
  },
);
