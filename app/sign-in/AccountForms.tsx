'use client';
import { PasswordInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { ownRole, signIn, signUp } from '../account';
import layout from '../look/Page.module.css';
import styles from './AccountForms.module.css';

type Mode = 'sign-in' | 'sign-up';

interface Fields {
  name: string;
  email: string;
  password: string;
}

/** Sign in, or make an account. A guest who does either keeps what they did. */
export function AccountForms({ next, isGuest }: { next: string; isGuest: boolean }) {
  const [mode, setMode] = useState<Mode>(isGuest ? 'sign-up' : 'sign-in');
  const [isFirst, setIsFirst] = useState(false);
  const go = () => location.assign(next);
  if (isFirst) return <FirstAccount onContinue={go} />;
  return (
    <>
      <h1 className={layout.title}>{mode === 'sign-in' ? 'Sign in' : 'Make an account'}</h1>
      <p className={styles.note}>
        {isGuest
          ? 'You work as a guest. An account keeps your labs and lessons beyond this browser, and everything you did so far goes with it.'
          : 'You need no account to learn here. One keeps your labs and lessons beyond this browser.'}
      </p>
      <div className={styles.modes} role="tablist" aria-label="Account">
        <button type="button" role="tab" aria-selected={mode === 'sign-in'} onClick={() => setMode('sign-in')}>
          Sign in
        </button>
        <button type="button" role="tab" aria-selected={mode === 'sign-up'} onClick={() => setMode('sign-up')}>
          Make an account
        </button>
      </div>
      <AccountForm key={mode} mode={mode} onDone={(role) => (mode === 'sign-up' && role === 'admin' ? setIsFirst(true) : go())} />
    </>
  );
}

function AccountForm({ mode, onDone }: { mode: Mode; onDone: (role: string | undefined) => void }) {
  const isNew = mode === 'sign-up';
  const [failure, setFailure] = useState<string | undefined>();
  const [isBusy, setIsBusy] = useState(false);
  const form = useForm<Fields>({
    initialValues: { name: '', email: '', password: '' },
    validate: {
      name: (name) => (isNew && !name.trim() ? 'What should we call you?' : null),
      email: (email) => (/^\S+@\S+\.\S+$/.test(email) ? null : 'This is not an e-mail address.'),
      password: (password) => (isNew && password.length < 8 ? 'At least 8 characters.' : password ? null : 'Your password, please.'),
    },
  });
  const submit = async (fields: Fields) => {
    setIsBusy(true);
    const problem = await (isNew ? signUp(fields) : signIn(fields));
    if (!problem) return onDone(await ownRole());
    setFailure(problem);
    setIsBusy(false);
  };
  return (
    <form className={styles.form} noValidate onSubmit={form.onSubmit((fields) => void submit(fields))}>
      {isNew ? (
        <TextInput
          size="md"
          label="Name"
          description="Instructors see it in their results."
          autoComplete="name"
          {...form.getInputProps('name')}
        />
      ) : null}
      <TextInput size="md" label="E-mail" type="email" autoComplete="email" {...form.getInputProps('email')} />
      <PasswordInput
        size="md"
        label="Password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        {...form.getInputProps('password')}
      />
      {failure ? (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      ) : null}
      <button type="submit" className="button primary large" disabled={isBusy}>
        {isNew ? 'Make my account' : 'Sign in'}
      </button>
    </form>
  );
}

function FirstAccount({ onContinue }: { onContinue: () => void }) {
  return (
    <div className={styles.admin} role="status">
      <h2>This site is yours to run</h2>
      <p className={styles.note}>
        Yours is the first account here, so it is the administrator’s: you see everybody’s results, and every learner’s cluster.
      </p>
      <button type="button" className="button primary" onClick={onContinue}>
        Go on to the courses
      </button>
    </div>
  );
}
