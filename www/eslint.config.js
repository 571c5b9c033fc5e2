import js from '@eslint/js';
import globals from 'globals';

const rules = {
	...js.configs.recommended.rules,
	'consistent-return': 'error',
	complexity: ['error', 12],
	curly: 'error',
	eqeqeq: 'error',
	'max-depth': ['error', 3],
	'max-lines': ['error', 400],
	'max-lines-per-function': ['error', 80],
	'max-params': ['error', 5],
	'no-console': 'error',
	'no-implicit-globals': 'error',
	'no-shadow': 'error',
	'no-unused-vars': 'error',
	'no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
	'no-var': 'error',
	'prefer-const': 'error',
};

const languageOptions = (names) => ({ ecmaVersion: 2023, sourceType: 'module', globals: names });

// A test file's describe-like callbacks may be long, and tests print.
const testRules = { ...rules, 'no-console': 'off', 'max-lines-per-function': 'off' };

export default [
	{ ignores: ['www/vendor/**', '**/node_modules/**'] },
	{ files: ['www/js/**/*.js'], languageOptions: languageOptions(globals.browser), rules },
	{
		files: ['tests/browser/**/*.mjs', 'tests/clients/*.mjs', 'www/eslint.config.js'],
		languageOptions: languageOptions({ ...globals.node, ...globals.browser }),
		rules: testRules,
	},
];
