// compile() turns each schema object into a Node: the types that it allows, and a Rule for each other
// keyword. validate() then walks the document and the nodes together. A Place is one step of that walk;
// places are linked on the stack, and only a violation copies them.
//
// A node can send a value on to another node ("$ref", "allOf", "if"), and one that comes back to itself that
// way would never end. Compiling measures the longest of these chains and refuses those that are too long,
// which includes the endless ones. All other steps go down into the document.
#include "catalog/schema_validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <span>
#include <tapster/secrets.hpp>
#include <unordered_map>

#include "catalog/schema_assertions.hpp"

namespace tapster::host {

namespace {

// What "properties", "patternProperties" and "additionalProperties" say about an object's members.
struct Members {
  std::unordered_map<std::string_view, const Node*> named;
  std::vector<std::pair<std::regex, const Node*>> patterns;
  const Node* others = nullptr;

  bool operator()(const Place& object, Violations violations) const {
    bool valid = true;
    for (const auto& [key, value] : object.value->get_object())
      valid = is_valid_member(member(object, key, &value), violations) && valid;
    return valid;
  }

  bool is_valid_member(const Place& at, Violations violations) const {
    if (!patterns.empty() && at.key.size() > SchemaValidator::longest_with_pattern) return false;
    const auto found = named.find(at.key);
    bool is_known = found != named.end();
    bool valid = !is_known || is_valid(*found->second, at, violations);
    for (const auto& [pattern, node] : patterns) {
      if (!matches(at.key, pattern)) continue;
      is_known = true;
      valid = is_valid(*node, at, violations) && valid;
    }
    return is_known || others == nullptr ? valid : is_valid(*others, at, violations);
  }
};

class Compiler {
 public:
  Compiler(const json::value& root, std::deque<Node>& nodes) : root_(root), nodes_(nodes) {}

  // The error; empty if there is none.
  std::string compile() {
    node(root_);
    while (!references_.empty() && error_.empty()) {
      auto* from = references_.back();
      references_.pop_back();
      from->reference = target(from->schema->at("$ref").get_string());
      from->same_value.push_back(from->reference);
    }
    for (auto& each : nodes_) {
      if (error_.empty() && measure(each, 0) > longest_chain)
        fail("a \"$ref\" leads back to itself, or schemas refer to each other too deeply");
    }
    return error_;
  }

 private:
  static constexpr size_t longest_chain = 64;

  // A keyword that leads to other schemas.
  struct Applicator {
    std::string_view name;
    Kinds kinds;
    Check (Compiler::*make)(Node& in, const json::value& value);  // an empty check if the value is malformed
  };
  static std::span<const Applicator> applicators();

  void fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
  }

  void fail(std::string_view keyword, const json::value& value) {
    fail(fmt::format("\"{}\" cannot be {}", keyword, shortened(json::serialize(value), 60)));
  }

  Node* node(const json::value& schema) {
    const auto [known, is_new] = known_.try_emplace(&schema);
    if (!is_new) return known->second;
    auto& made = nodes_.emplace_back();
    known->second = &made;
    made.schema = schema.if_object();
    if (schema.is_bool())
      made.is_false = !schema.get_bool();
    else if (made.schema == nullptr)
      fail("a schema", schema);
    else
      fill(made);
    return &made;
  }

  void fill(Node& made) {
    const auto& schema = *made.schema;
    if (const auto* reference = schema.if_contains("$ref")) {
      if (!reference->is_string()) return fail("$ref", *reference);
      return references_.push_back(&made);
    }
    if (const auto* type = schema.if_contains("type"); type != nullptr && !read_types(made, *type))
      return fail("type", *type);
    for (const auto& [name, kinds, make] : assertions()) {
      if (const auto* value = schema.if_contains(name)) add_rule(made, name, kinds, *value, make(*value));
    }
    for (const auto& [name, kinds, make] : applicators()) {
      if (const auto* value = schema.if_contains(name))
        add_rule(made, name, kinds, *value, (this->*make)(made, *value));
    }
    auto members = read_members(schema);
    if (!members.named.empty() || !members.patterns.empty() || members.others != nullptr)
      made.rules.push_back({"properties", objects, std::move(members)});
  }

  void add_rule(Node& made, std::string_view keyword, Kinds kinds, const json::value& value, Check check) {
    if (!check) return fail(keyword, value);
    made.rules.push_back({keyword, kinds, std::move(check)});
  }

  static bool read_types(Node& made, const json::value& value) {
    static const std::unordered_map<std::string_view, Kinds> names{{"null", of(json::kind::null)},
                                                                   {"boolean", of(json::kind::bool_)},
                                                                   {"integer", integers},
                                                                   {"number", numbers},
                                                                   {"string", strings},
                                                                   {"array", arrays},
                                                                   {"object", objects}};
    const auto add = [&](const json::value& name) {
      const auto found = name.is_string() ? names.find(view(name.get_string())) : names.end();
      if (found == names.end()) return false;
      made.types |= found->second;
      made.allows_whole = made.allows_whole || found->second == integers;
      return true;
    };
    made.types = 0;
    const auto* several = value.if_array();
    if (several == nullptr) return add(value);
    return !several->empty() && std::all_of(several->begin(), several->end(), add);
  }

  // The schema at a reference into this document.
  Node* target(const json::string& reference) {
    auto pointer = view(reference);
    const json::value* found = nullptr;
    if (pointer.starts_with('#')) {
      json::error_code error;
      found = root_.find_pointer(percent_decoded(pointer.substr(1)), error);
    }
    if (found == nullptr) {
      fail(fmt::format("\"$ref\" points to nothing in the schema: {}", shortened(view(reference), 60)));
      return nullptr;
    }
    return node(*found);
  }

  static std::string percent_decoded(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      unsigned char byte = 0;
      auto digits = text.substr(i + 1, text[i] == '%' ? 2 : 0);
      if (std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16).ptr != text.data() + i + 3)
        digits = {};
      out += digits.empty() ? text[i] : static_cast<char>(byte);
      i += digits.size();
    }
    return out;
  }

  // The longest chain of nodes that a value at `at` goes through; more than longest_chain if it does not end.
  static size_t measure(Node& at, size_t before) {
    if (before > longest_chain) return longest_chain + 1;
    if (at.chain > 0) return at.chain;
    size_t below = 0;
    for (auto* next : at.same_value) below = std::max(below, measure(*next, before + 1));
    return at.chain = below + 1;
  }

  // ---- keywords

  // Also handles "additionalItems", which only has a meaning if "items" is an array.
  Check items(Node& in, const json::value& value) {
    std::vector<const Node*> first;
    const json::value* others = &value;
    if (const auto* several = value.if_array()) {
      for (const auto& schema : *several) first.push_back(node(schema));
      others = in.schema->if_contains("additionalItems");
    }
    const auto* rest = others == nullptr ? nullptr : node(*others);
    return [first = std::move(first), rest](const Place& at, Violations violations) {
      bool valid = true;
      for (size_t i = 0; i < at.value->get_array().size(); ++i) {
        const auto* schema = i < first.size() ? first[i] : rest;
        if (schema != nullptr) valid = is_valid(*schema, item(at, i), violations) && valid;
      }
      return valid;
    };
  }

  Check contains(Node&, const json::value& value) {
    return [wanted = node(value)](const Place& at, Violations) {
      for (size_t i = 0; i < at.value->get_array().size(); ++i) {
        if (is_valid(*wanted, item(at, i), nullptr)) return true;
      }
      return false;
    };
  }

  static Check satisfies(const Node* schema) {
    return
        [schema](const Place& at, Violations violations) { return is_valid(*schema, same(at), violations); };
  }

  Check dependencies(Node& in, const json::value& value) {
    if (!value.is_object()) return {};
    std::vector<std::pair<std::string_view, Check>> checks;
    for (const auto& [key, wanted] : value.get_object()) {
      checks.emplace_back(key, wanted.is_array() ? required(wanted) : satisfies(same_value(in, wanted)));
      if (!checks.back().second) return {};
    }
    return [checks = std::move(checks)](const Place& at, Violations violations) {
      bool valid = true;
      for (const auto& [key, check] : checks)
        valid = (!at.value->get_object().contains(key) || check(at, violations)) && valid;
      return valid;
    };
  }

  Check property_names(Node&, const json::value& value) {
    return [schema = node(value)](const Place& at, Violations) {
      const auto& object = at.value->get_object();
      return std::all_of(object.begin(), object.end(), [&](const auto& one) {
        const json::value name(one.key());
        return is_valid(*schema, member(at, one.key(), &name), nullptr);
      });
    };
  }

  Members read_members(const json::object& schema) {
    Members members;
    const auto for_each = [&](std::string_view keyword, auto add) {
      const auto* value = schema.if_contains(keyword);
      if (value == nullptr) return;
      if (!value->is_object()) return fail(keyword, *value);
      for (const auto& [key, inner] : value->get_object()) add(key, node(inner));
    };
    for_each("properties",
             [&](std::string_view key, const Node* inner) { members.named.emplace(key, inner); });
    for_each("patternProperties", [&](std::string_view key, const Node* inner) {
      auto regex = to_regex(key);
      if (!regex) return fail("patternProperties", json::value(key));
      members.patterns.emplace_back(*std::move(regex), inner);
    });
    if (const auto* others = schema.if_contains("additionalProperties")) members.others = node(*others);
    return members;
  }

  // A schema for the value that `in` is for.
  const Node* same_value(Node& in, const json::value& schema) {
    return in.same_value.emplace_back(node(schema));
  }

  Check conditional(Node& in, const json::value& value) {
    const auto branch = [&](std::string_view keyword) {
      const auto* schema = in.schema->if_contains(keyword);
      return schema == nullptr ? nullptr : same_value(in, *schema);
    };
    return [condition = same_value(in, value), yes = branch("then"), no = branch("else")](
               const Place& at, Violations violations) {
      const auto* next = is_valid(*condition, same(at), nullptr) ? yes : no;
      return next == nullptr || is_valid(*next, same(at), violations);
    };
  }

  Check negation(Node& in, const json::value& value) {
    return [schema = same_value(in, value)](const Place& at, Violations) {
      return !is_valid(*schema, same(at), nullptr);
    };
  }

  static bool is_all(size_t valid, size_t count) { return valid == count; }
  static bool is_some(size_t valid, size_t) { return valid > 0; }
  static bool is_one(size_t valid, size_t) { return valid == 1; }

  // Whether enough of the schemas are satisfied. Violations are only added if all of them must be.
  template <auto is_enough>
  Check several(Node& in, const json::value& value) {
    const auto* array = value.if_array();
    if (array == nullptr || array->empty()) return {};
    std::vector<const Node*> schemas;
    for (const auto& schema : *array) schemas.push_back(same_value(in, schema));
    return [schemas = std::move(schemas)](const Place& at, Violations violations) {
      size_t valid = 0;
      for (const auto* schema : schemas)
        valid += is_valid(*schema, same(at), is_enough == is_all ? violations : nullptr) ? 1 : 0;
      return is_enough(valid, schemas.size());
    };
  }

  const json::value& root_;
  std::deque<Node>& nodes_;
  std::unordered_map<const json::value*, Node*> known_;
  std::vector<Node*> references_;  // whose target is not known yet
  std::string error_;
};

std::span<const Compiler::Applicator> Compiler::applicators() {
  static constexpr Applicator all[] = {
      {"items", arrays, &Compiler::items},
      {"contains", arrays, &Compiler::contains},
      {"dependencies", objects, &Compiler::dependencies},
      {"propertyNames", objects, &Compiler::property_names},
      {"if", anything, &Compiler::conditional},
      {"allOf", anything, &Compiler::several<Compiler::is_all>},
      {"anyOf", anything, &Compiler::several<Compiler::is_some>},
      {"oneOf", anything, &Compiler::several<Compiler::is_one>},
      {"not", anything, &Compiler::negation},
  };
  return all;
}

}  // namespace

struct SchemaValidator::Compiled {
  explicit Compiled(json::value value) : schema(std::move(value)) {}

  json::value schema;  // the nodes point into it
  std::deque<Node> nodes;
};

SchemaValidator::SchemaValidator(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

Result<SchemaValidator> SchemaValidator::compile(json::value schema) {
  auto compiled = std::make_shared<Compiled>(std::move(schema));
  auto error = Compiler(compiled->schema, compiled->nodes).compile();
  if (!error.empty()) return internal_error(fmt::format("a JSON Schema cannot be used: {}", error));
  return SchemaValidator(std::move(compiled));
}

std::vector<Violation> SchemaValidator::validate(const json::value& document) const {
  std::vector<Violation> violations;
  is_valid(compiled_->nodes.front(), {.value = &document}, &violations);
  return violations;
}

}  // namespace tapster::host
