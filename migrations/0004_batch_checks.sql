-- What a batch's statements check by themselves: the last of them travel together with COMMIT, when nobody can look at
-- their answers first. The server commits only if all of them succeeded.
CREATE FUNCTION require(holds bool, state text, why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF holds IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = state, MESSAGE = why;
  END IF;
END
$$;
COMMENT ON FUNCTION require IS 'fails with this SQLSTATE and message unless what has to hold does';
