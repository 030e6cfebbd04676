-- Who asks for a second person is a user, whether she does so in the browser or with a token of hers.
ALTER TABLE admin_approvals
  ADD COLUMN person text,
  ADD CONSTRAINT admin_approvals_two_persons CHECK (NOT coalesce(approved, false) OR decided_by <> person);
UPDATE admin_approvals SET person = asked_by WHERE asked_by NOT LIKE '@%';
COMMENT ON COLUMN admin_approvals.person IS 'the user who answers for who asked; NULL: nobody knows, and it cannot be approved';
